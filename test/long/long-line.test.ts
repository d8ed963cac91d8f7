import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin, flawsOfMove, openSite, type Site, until } from '../support/site.ts';

const MiB = 1024 * 1024;

/** Nothing in it compresses, and no block of it is on another disk. */
const disks = new Map<string, Buffer>();

function diskOf(name: string): Buffer {
  const disk = disks.get(name) ?? randomBytes(24 * MiB);
  disks.set(name, disk);
  return disk;
}

let site: Site;
beforeAll(async () => {
  site = await openSite({ diskOf });
});
afterAll(() => site?.endings.run());

test('over a long line disks arrive as they are, in parts over several lanes, and nothing is sent twice', async () => {
  // A piece of a connection passes every 25 ms, so that no connection carries more than 2.6 MB/s.
  site.link.weather = { delayMs: 25 };
  const before = site.link.connections;
  const id = await begin(site);
  await until(site, id, 'ready', 180_000);
  expect(await flawsOfMove(site)).toEqual([]);
  const lanes = site.link.carried.slice(before).filter((bytes) => bytes > MiB);
  expect(lanes.length).toBeGreaterThanOrEqual(4);
  const sent = lanes.reduce((sum, bytes) => sum + bytes, 0);
  expect(sent).toBeLessThan(1.1 * disks.size * 24 * MiB);
});
