import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kindOf } from '../../../../sender/spool/name.ts';
import { watchSpool } from '../../../../sender/spool/spool.ts';
import type { SpoolTiming } from '../../../../sender/spool/timing.ts';
import { Problem } from '../../../../shared/problem.ts';

const quick: SpoolTiming = { settleMs: 60, graceMs: 600, lookMs: 20, scanMs: 300, againMs: 100, longestAgainMs: 200 };

interface Taken {
  readonly kind: 'plan' | 'document';
  readonly content: unknown;
  readonly file: string;
}

let home: string;
let folder: string;
let taken: Taken[];
let open: { close(): Promise<void> }[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-spool-'));
  folder = join(home, 'spool');
  await mkdir(folder);
  taken = [];
  open = [];
});

afterEach(async () => {
  for (const spool of open) await spool.close();
  await rm(home, { recursive: true, force: true });
});

/** Starts a spool that notes what it takes; `answer` may refuse. */
async function aSpool(answer: (one: Taken) => void = () => undefined): Promise<{ close(): Promise<void> }> {
  const take = async (one: Taken): Promise<{ campaign: string }> => {
    answer(one);
    taken.push(one);
    return { campaign: `campaign-${taken.length}` };
  };
  const spool = await watchSpool({
    folder,
    state: home,
    log: pino({ level: 'silent' }),
    onPlan: (content, file) => take({ kind: 'plan', content, file }),
    onDocument: (content, file) => take({ kind: 'document', content, file }),
    timing: quick,
  });
  open.push(spool);
  return spool;
}

async function until(holds: () => Promise<boolean> | boolean, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It did not come true within ${limitMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const quiet = (ms = 400): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const names = async (): Promise<string[]> => (await readdir(folder)).sort();
const beside = async (name: string): Promise<Record<string, unknown>> => JSON.parse(await readFile(join(folder, name), 'utf8'));
const there = async (name: string): Promise<boolean> => (await readdir(folder)).includes(name);

describe('a file in the spool', () => {
  test('starts a campaign, whether it is a plan or a document, and moves away with its result left behind', async () => {
    await aSpool();
    await writeFile(join(folder, 'shop.yaml'), 'version: 1\n');
    await writeFile(join(folder, 'configurations.json'), '{"version":1}');
    await until(async () => (await there('shop.yaml.result.json')) && (await there('configurations.json.result.json')));
    await until(async () => !(await there('shop.yaml')) && !(await there('configurations.json')));
    expect(taken.map(({ kind, content }) => [kind, content])).toEqual(
      expect.arrayContaining([
        ['plan', 'version: 1\n'],
        ['document', { version: 1 }],
      ]),
    );
    expect(await beside('shop.yaml.result.json')).toMatchObject({
      file: 'shop.yaml',
      campaign: expect.stringContaining('campaign-'),
    });
    expect((await readdir(join(folder, 'accepted'))).length).toBe(2);
  });

  test('that was there before the daemon is taken once, and never again after a restart', async () => {
    await writeFile(join(folder, 'early.yaml'), 'early: 1\n');
    const first = await aSpool();
    await until(() => there('early.yaml.result.json'));
    await first.close();
    await writeFile(join(folder, 'again.yaml'), 'early: 1\n');
    await aSpool();
    await until(() => there('again.yaml.result.json'));
    expect(taken.length).toBe(1);
    expect(await beside('again.yaml.result.json')).toMatchObject({ file: 'again.yaml', campaign: 'campaign-1' });
  });

  test('that grows slowly is read when it is whole', async () => {
    await aSpool();
    const whole = JSON.stringify({ version: 1, servers: ['a', 'b', 'c'] });
    for (let length = 1; length < whole.length; length += 6) {
      await writeFile(join(folder, 'slow.json'), whole.slice(0, length));
      await quiet(40);
    }
    await quiet(200);
    expect(taken).toEqual([]);
    await writeFile(join(folder, 'slow.json'), whole);
    await until(() => taken.length === 1);
    expect(taken[0]?.content).toEqual(JSON.parse(whole));
  });

  test('that stays half a file gets a problem beside it, and is taken once it is mended', async () => {
    await aSpool();
    await writeFile(join(folder, 'half.json'), '{"version": 1, "serv');
    await until(() => there('half.json.problem.json'));
    expect(await beside('half.json.problem.json')).toMatchObject({ problem: { code: 'E_DOCUMENT' }, exit: 2, again: 'never' });
    expect(await there('half.json')).toBe(true);
    await writeFile(join(folder, 'half.json'), '{"version": 1}');
    await until(() => there('half.json.result.json'));
    expect(await there('half.json.problem.json')).toBe(false);
  });

  test('that is refused waits with its problem, over a restart too, until somebody changes or touches it', async () => {
    let asked = 0;
    const refuse = (): void => {
      asked++;
      throw new Problem('E_BLOCKED', 'No flavor fits.');
    };
    const first = await aSpool(refuse);
    await writeFile(join(folder, 'plan.yaml'), 'a: 1\n');
    await until(() => there('plan.yaml.problem.json'));
    await quiet();
    await first.close();
    await aSpool(refuse);
    await quiet();
    expect(asked).toBe(1);
    await utimes(join(folder, 'plan.yaml'), new Date(), new Date());
    await until(() => asked === 2);
  });

  test('that fails for a passing reason is tried again until it starts', async () => {
    let asked = 0;
    await aSpool(() => {
      asked++;
      if (asked < 3) throw new Problem('E_PEER_UNREACHABLE', 'The receiver is not there yet.');
    });
    await writeFile(join(folder, 'plan.yaml'), 'a: 1\n');
    await until(() => there('plan.yaml.result.json'));
    expect(asked).toBe(3);
    expect(await there('plan.yaml.problem.json')).toBe(false);
  });

  test('that is deleted while it settles is forgotten', async () => {
    await aSpool();
    await writeFile(join(folder, 'gone.yaml'), 'a: 1\n');
    await rm(join(folder, 'gone.yaml'));
    await quiet();
    expect([taken, await names()]).toEqual([[], []]);
  });
});

describe('what is no plan and no document', () => {
  test('is left alone: temporary, swap, hidden, partial and foreign files, folders and our own results', async () => {
    const left = [
      '.plan.yaml',
      '.plan.yaml.swp',
      'plan.yaml~',
      '#plan.yaml#',
      'plan.yaml.part',
      'plan.yaml.tmp',
      'x.tmp.yaml',
      '4913',
      'README.md',
      'old.result.json',
      'plan.yaml.filepart',
    ];
    await aSpool();
    for (const name of left) await writeFile(join(folder, name), 'a: 1\n');
    await mkdir(join(folder, 'folder.yaml'));
    await writeFile(join(folder, 'folder.yaml', 'inner.yaml'), 'a: 1\n');
    await quiet();
    expect(taken).toEqual([]);
    expect(await names()).toEqual([...left, 'folder.yaml'].sort());
  });

  test('is refused if it is a link, wherever it leads', async () => {
    await writeFile(join(home, 'secret.yaml'), 'password: x\n');
    await aSpool();
    await symlink(join(home, 'secret.yaml'), join(folder, 'link.yaml'));
    await until(() => there('link.yaml.problem.json'));
    await quiet();
    expect(taken).toEqual([]);
    expect(await beside('link.yaml.problem.json')).toMatchObject({ problem: { code: 'E_USAGE' }, digest: null });
    expect(await readFile(join(home, 'secret.yaml'), 'utf8')).toBe('password: x\n');
  });

  test('is told apart by name alone', () => {
    expect(['a.yaml', 'A.YML', '-rf.yaml', 'a b.json', '🦆.json', '..yaml', 'a.txt', 'yaml'].map(kindOf)).toEqual([
      'plan',
      'plan',
      'plan',
      'document',
      'document',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a burst', () => {
  test('of 1,000 files, some there before, written while others are read, is taken whole and once', {
    timeout: 120_000,
  }, async () => {
    const write = (from: number, to: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: to - from }, (_, n) => writeFile(join(folder, `plan ${from + n}.yaml`), `number: ${from + n}\n`)),
      );
    await write(0, 300);
    await aSpool();
    await write(300, 700);
    await write(700, 1_000);
    await until(() => taken.length >= 1_000, 110_000);
    await until(async () => (await names()).every((name) => name === 'accepted' || name.endsWith('.result.json')));
    expect(new Set(taken.map(({ content }) => content)).size).toBe(1_000);
    expect(taken.length).toBe(1_000);
  });

  test('of names that fill a whole directory entry, or look like options, is named safely beside itself', async () => {
    await aSpool();
    const long = `${'ü'.repeat(120)}.yaml`;
    await writeFile(join(folder, long), 'long: 1\n');
    await writeFile(join(folder, '-rf *.yaml'), 'dash: 1\n');
    await until(async () => (await names()).filter((name) => name.endsWith('.result.json')).length === 2);
    expect(taken.length).toBe(2);
  });
});
