import { execFile } from 'node:child_process';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Journal } from '../../../shared/journal.ts';
import { aFolder, problemOf } from '../../support/folder.ts';

interface Number {
  readonly number: number;
}

const numbersOf = (journal: Journal<Number>): number[] => journal.facts.map(({ number }) => number);

test('facts are there again, in the order they were appended, each with its time', async () => {
  const path = join(await aFolder(), 'deep', 'journal.jsonl');
  const journal = await Journal.open<Number>(path);
  await Promise.all([1, 2, 3, 4, 5].map((number) => journal.append({ number })));
  await journal.close();
  const again = await Journal.open<Number>(path);
  expect(numbersOf(again)).toEqual([1, 2, 3, 4, 5]);
  expect(Date.parse(again.facts[0]?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await again.close();
});

test('a journal cut at any byte keeps every whole fact and goes on behind the last', async () => {
  const path = join(await aFolder(), 'journal.jsonl');
  const whole = await Journal.open<{ readonly number: number; readonly name: string }>(path);
  for (const [number, name] of ['ä', '二', '🚀', 'four'].entries()) await whole.append({ number, name });
  await whole.close();
  const bytes = await readFile(path);
  const ends = [...bytes.entries()].flatMap(([at, byte]) => (byte === 10 ? [at + 1] : []));
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length }), async (length) => {
      await writeFile(path, bytes.subarray(0, length));
      const journal = await Journal.open<Number>(path);
      const kept = ends.filter((end) => end <= length).length;
      expect(numbersOf(journal)).toEqual([0, 1, 2, 3].slice(0, kept));
      await journal.append({ number: 9 });
      await journal.close();
      const again = await Journal.open<Number>(path);
      expect(numbersOf(again)).toEqual([...[0, 1, 2, 3].slice(0, kept), 9]);
      await again.close();
    }),
    { numRuns: 60 },
  );
});

test('a last line of other bytes is dropped, a middle one is damage and refused with its place', async () => {
  const path = join(await aFolder(), 'journal.jsonl');
  await writeFile(path, '{"number":1}\n\0\0\0\0\n');
  const journal = await Journal.open<Number>(path);
  expect(numbersOf(journal)).toEqual([1]);
  await journal.close();
  expect(await readFile(path, 'utf8')).toBe('{"number":1}\n');
  await appendFile(path, 'nonsense\n{"number":3}\n');
  const problem = await problemOf(Journal.open(path));
  expect(problem.code).toBe('E_STATE_DAMAGED');
  expect(problem.message).toContain('journal.jsonl:2');
  await writeFile(path, '"a text is not a fact"\n{"number":3}\n');
  expect((await problemOf(Journal.open(path))).code).toBe('E_STATE_DAMAGED');
});

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/**
 * Fills a file system of 1 MiB beside a journal, appends until it is full, frees it again; prints
 * what happened.
 */
const fullDisk = `
  import { open, rm } from 'node:fs/promises';
  import { Journal } from '${join(import.meta.dirname, '../../../shared/journal.ts')}';
  const dir = process.argv[1];
  const journal = await Journal.open(dir + '/journal.jsonl');
  await journal.append({ number: 0 });
  const filler = await open(dir + '/filler', 'w');
  try { for (;;) await filler.write(Buffer.alloc(4096, 1)); } catch {}
  await filler.close();
  let kept = 0;
  let code = '';
  try { for (;;) { await journal.append({ number: kept + 1, text: 'x'.repeat(1000) }); kept += 1; } } catch (error) { code = error.code; }
  const stuck = await journal.append({ number: -1, text: 'x'.repeat(5000) }).catch((error) => error.code);
  await rm(dir + '/filler');
  await journal.append({ number: 1000 });
  await journal.close();
  const again = await Journal.open(dir + '/journal.jsonl');
  console.log(JSON.stringify({ kept, code, stuck, numbers: again.facts.map(({ number }) => number) }));
`;

test.skipIf(!isRoot)(
  'a full disk takes the facts of the reserve, then refuses, and takes facts again once there is room (needs root for a tmpfs)',
  async () => {
    const dir = await aFolder();
    const mount = `mount -t tmpfs -o size=1m tmpfs '${dir}' && exec '${process.execPath}' --input-type=module -e "$SCRIPT" '${dir}'`;
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', mount], { env: { ...process.env, SCRIPT: fullDisk } });
    const { kept, code, stuck, numbers } = JSON.parse(stdout) as { kept: number; code: string; stuck: string; numbers: number[] };
    expect(code).toBe('E_DISK_FULL');
    expect(stuck).toBe('E_DISK_FULL');
    expect(kept).toBeGreaterThan(200);
    expect(numbers).toEqual([...Array.from({ length: kept + 1 }, (_, number) => number), 1000]);
  },
);

/** Fills a file system of 2 MiB twice, and frees it in between; prints what happened. */
const fullTwice = `
  import { open, rm, stat } from 'node:fs/promises';
  import { Journal } from '${join(import.meta.dirname, '../../../shared/journal.ts')}';
  const dir = process.argv[1];
  const fill = async () => {
    const filler = await open(dir + '/filler', 'w');
    try { for (;;) await filler.write(Buffer.alloc(4096, 1)); } catch {}
    await filler.close();
  };
  const reserve = async () => (await stat(dir + '/journal.jsonl.reserve').catch(() => null))?.size ?? 0;
  const journal = await Journal.open(dir + '/journal.jsonl');
  await journal.append({ time: 0 });
  const kept = [];
  for (const time of [1, 2, 3]) {
    await fill();
    let number = 0;
    while ((await journal.append({ time, number, text: 'x'.repeat(1000) }).catch(() => null)) !== null) number += 1;
    kept.push(number);
    await rm(dir + '/filler');
    await journal.append({ time, number });
  }
  console.log(JSON.stringify({ kept, reserve: await reserve() }));
`;

test.skipIf(!isRoot)(
  'a disk that fills, empties and fills again takes the facts of the reserve each time (needs root for a tmpfs)',
  async () => {
    const dir = await aFolder();
    const mount = `mount -t tmpfs -o size=2m tmpfs '${dir}' && exec '${process.execPath}' --input-type=module -e "$SCRIPT" '${dir}'`;
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', mount], { env: { ...process.env, SCRIPT: fullTwice } });
    const { kept, reserve } = JSON.parse(stdout) as { kept: number[]; reserve: number };
    for (const facts of kept) expect(facts).toBeGreaterThan(200);
    expect(reserve).toBe(256 * 1024);
  },
);

/**
 * Fills a file system of 1 MiB on which a journal and its reserve lie, in a folder of a larger one:
 * as with a quota, the disk has room and we have none. Whatever is freed is taken by others; prints
 * what happened.
 */
const quota = `
  import { open, symlink } from 'node:fs/promises';
  import { Journal } from '${join(import.meta.dirname, '../../../shared/journal.ts')}';
  const dir = process.argv[1];
  const path = dir + '/journal.jsonl';
  await symlink(dir + '/small/journal', path);
  await symlink(dir + '/small/reserve', path + '.reserve');
  const filler = await open(dir + '/small/filler', 'w');
  const fill = async () => { try { for (;;) await filler.write(Buffer.alloc(4096, 1)); } catch {} };
  const journal = await Journal.open(path);
  await journal.append({ number: 0 });
  await fill();
  let kept = 0;
  while ((await journal.append({ number: kept + 1, text: 'x'.repeat(3000) }).catch(() => null)) !== null) {
    kept += 1;
    await fill();
  }
  console.log(JSON.stringify({ kept }));
`;

test.skipIf(!isRoot)(
  'where a quota leaves no room on a disk that has some, what is left of the reserve stays (needs root for a tmpfs)',
  async () => {
    const dir = await aFolder();
    const small = join(dir, 'small');
    const mount = `mkdir '${small}' && mount -t tmpfs -o size=1m tmpfs '${small}' && exec '${process.execPath}' --input-type=module -e "$SCRIPT" '${dir}'`;
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', mount], { env: { ...process.env, SCRIPT: quota } });
    const { kept } = JSON.parse(stdout) as { kept: number };
    expect(kept).toBeGreaterThanOrEqual(15);
  },
);
