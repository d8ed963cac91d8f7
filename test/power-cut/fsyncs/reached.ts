import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Scenario } from '../scenario.ts';
import type { Site } from './sites.ts';

const run = promisify(execFile);

/** What V8 writes of one script: its functions, and how often each range of them ran. */
interface Coverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/** The sites that the lives of a scenario run through, untraced. */
export async function reachedBy(tree: string, scenario: Scenario, sites: readonly Site[]): Promise<Set<Site>> {
  const place = await mkdtemp(join(tmpdir(), 'fsyncs-'));
  try {
    await mkdir(join(place, 'state'));
    const env = { ...process.env, NODE_V8_COVERAGE: join(place, 'coverage') };
    for (const number of scenario.lives.keys()) {
      const life = [join(tree, 'test/power-cut/life.ts'), scenario.name, `${number}`, join(place, 'state'), join(place, 'said')];
      // A life that kills itself leaves no coverage; the next one runs the same code.
      await run(process.execPath, life, { env, timeout: 120_000 }).catch((error: { signal?: string }) => {
        if (error.signal !== 'SIGKILL') throw error;
      });
    }
    const reached = new Set<Site>();
    for (const name of await readdir(join(place, 'coverage'))) {
      const { result } = JSON.parse(await readFile(join(place, 'coverage', name), 'utf8')) as { result: Coverage[] };
      for (const script of result)
        for (const site of sites)
          if (script.url === `file://${join(tree, site.file)}` && ran(script, site.from)) reached.add(site);
    }
    return reached;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Whether the innermost range around a place ran. */
function ran({ functions }: Coverage, at: number): boolean {
  const around = functions
    .flatMap(({ ranges }) => ranges)
    .filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset);
  const innermost = around.reduce(
    (least, range) => (range.endOffset - range.startOffset < least.endOffset - least.startOffset ? range : least),
    {
      startOffset: 0,
      endOffset: Number.POSITIVE_INFINITY,
      count: 0,
    },
  );
  return innermost.count > 0;
}
