import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEach, type Carried, carry, flawsAfterImport, importAgain, importUntilByte, importUntilRecord } from './imports.ts';

let carried: Carried;
beforeAll(async () => {
  carried = await carry(await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'import-cut-')));
}, 60_000);
afterAll(() => rm(carried.dir, { recursive: true, force: true }));

test('an import that dies before any record of its ledger goes on when it is repeated, and builds nothing twice', async () => {
  const records = Array.from({ length: carried.records }, (_, at) => at + 1);
  const wrong = await atEach(carried, records, async (place, record) => {
    const wasCut = await importUntilRecord(place, carried.bundle, record);
    await importAgain(place, carried.bundle);
    return [...(wasCut ? [] : ['was not cut']), ...(await flawsAfterImport(place, carried))];
  });
  expect(wrong).toEqual([]);
  expect(records.length).toBeGreaterThan(30);
}, 600_000);

test('an import that dies at any byte of its bundle, again and again, goes on each time', async () => {
  const runs = Array.from({ length: 12 }, (_, at) => at + 1);
  const wrong = await atEach(carried, runs, async (place) => {
    for (let death = 0; death < 5; death += 1)
      await importUntilByte(place, carried.bundle, Math.floor(Math.random() * carried.bundle.length));
    await importAgain(place, carried.bundle);
    return flawsAfterImport(place, carried);
  });
  expect(wrong).toEqual([]);
}, 600_000);
