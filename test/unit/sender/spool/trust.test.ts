import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchSpool } from '../../../../sender/spool/spool.ts';
import { mustBePrivate } from '../../../../sender/spool/trust.ts';

const own = process.getuid?.() ?? 0;
const why = own === 0 ? '' : ' (skipped: only root can make files of another user)';
const nobody = 65_534;
const timing = { settleMs: 40, graceMs: 200, lookMs: 20, scanMs: 100, againMs: 100, longestAgainMs: 200 };

let home: string;
let folder: string;
let taken: string[];
let said: string[];
let close: () => Promise<void>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-trust-'));
  folder = join(home, 'spool');
  await mkdir(folder);
  taken = [];
  said = [];
  close = async () => undefined;
});

afterEach(async () => {
  await close();
  await rm(home, { recursive: true, force: true });
});

async function watching(): Promise<void> {
  const log = pino({ base: null }, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) });
  const take = async (_: unknown, file: string): Promise<{ campaign: string }> => {
    taken.push(file);
    return { campaign: `campaign-${taken.length}` };
  };
  const spool = await watchSpool({ folder, state: home, log, onPlan: take, onDocument: take, timing });
  close = () => spool.close();
}

test.each([
  ['everybody', 0o777],
  ['a group', 0o770],
])('a spool to which %s may write starts nothing, says so once, and is used when that is mended', async (_who, mode) => {
  await chmod(folder, mode);
  await writeFile(join(folder, 'plan.yaml'), 'version: 1\n');
  await watching();
  await sleep(600);
  expect(taken).toEqual([]);
  expect(said).toEqual([expect.stringMatching(/^the spool is not read: Other users may write .*chmod 700/)]);
  await chmod(folder, 0o700);
  await expect.poll(() => taken, { timeout: 10_000 }).toEqual([join(folder, 'plan.yaml')]);
});

test.skipIf(own !== 0)(`a spool of another user starts nothing${why}`, async () => {
  await chown(folder, nobody, nobody);
  await writeFile(join(folder, 'plan.yaml'), 'version: 1\n');
  await watching();
  await sleep(400);
  expect(taken).toEqual([]);
  expect(said).toEqual([expect.stringContaining(`belongs to user ${nobody}`)]);
});

test.skipIf(own !== 0)(`ten thousand files of another user are left alone, told in one sentence${why}`, async () => {
  for (let count = 0; count < 10_000; count += 1) {
    await writeFile(join(folder, `${count}.yaml`), 'version: 1\n');
    await chown(join(folder, `${count}.yaml`), nobody, nobody);
  }
  await writeFile(join(folder, 'ours.yaml'), 'version: 1\n');
  await watching();
  await expect.poll(() => taken, { timeout: 30_000 }).toEqual([join(folder, 'ours.yaml')]);
  await sleep(1_000);
  expect(said.filter((one) => one.includes('other users'))).toHaveLength(1);
  expect(said).toHaveLength(2);
  // Theirs, and what was taken, with its result.
  expect((await readdir(folder)).filter((name) => !/^\d+\.yaml$/.test(name)).sort()).toEqual([
    'accepted',
    'ours.yaml.result.json',
  ]);
  expect(taken).toHaveLength(1);
});

test.skipIf(own !== 0)(`a file of another user is taken once it is given to the daemon's${why}`, async () => {
  await writeFile(join(folder, 'plan.yaml'), 'version: 1\n');
  await chown(join(folder, 'plan.yaml'), nobody, nobody);
  await watching();
  await sleep(300);
  expect(taken).toEqual([]);
  await chown(join(folder, 'plan.yaml'), own, own);
  await expect.poll(() => taken).toHaveLength(1);
});

test.each([
  ['everybody', 0o755, 0o646],
  ['a group', 0o750, 0o664],
])('a file that %s may write starts nothing, says so once, and is taken once that is mended', async (_who, folderMode, mode) => {
  await chmod(folder, folderMode);
  await writeFile(join(folder, 'plan.yaml'), 'version: 1\n');
  await chmod(join(folder, 'plan.yaml'), mode);
  await watching();
  await sleep(600);
  expect(taken).toEqual([]);
  expect(said).toEqual([expect.stringMatching(/^files that other users may write .*plan\.yaml.*chmod go-w/)]);
  await chmod(join(folder, 'plan.yaml'), 0o644);
  await expect.poll(() => taken, { timeout: 10_000 }).toEqual([join(folder, 'plan.yaml')]);
});

test('a file that others could write is taken from a folder that they cannot enter, also once it is closed to them', async () => {
  await chmod(folder, 0o711);
  await writeFile(join(folder, 'plan.yaml'), 'version: 1\n');
  await chmod(join(folder, 'plan.yaml'), 0o666);
  await watching();
  await sleep(400);
  expect(taken).toEqual([]);
  await chmod(folder, 0o700);
  await expect.poll(() => taken, { timeout: 10_000 }).toEqual([join(folder, 'plan.yaml')]);
});

test('the owner of the spool is the user of the daemon: not even root’s lets that user take files away', async () => {
  await chmod(folder, 0o700);
  await mustBePrivate(folder, own);
  await expect(mustBePrivate(folder, own + 1)).rejects.toMatchObject({
    code: 'E_STATE_DAMAGED',
    hint: expect.stringContaining(`chown it to user ${own + 1}`),
  });
});
