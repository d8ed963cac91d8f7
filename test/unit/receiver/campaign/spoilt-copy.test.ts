import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { alter } from '../../../support/altered.ts';
import { beginMigration, type SenderLife, untilState, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';

/** Waits until a server's import has begun; returns its id. */
async function importing({ daemon }: SenderLife, campaign: string): Promise<string> {
  for (;;) {
    const facts = (await daemon.log({ campaign })) as { fact: string; phase?: string; server?: string | null }[];
    const found = facts.find((fact) => fact.fact === 'begun' && fact.phase === 'import');
    if (typeof found?.server === 'string') return found.server;
    await sleep(10);
  }
}

test('a copy that the receiver’s disk alters after it was compared is noticed at its import, told, copied again and imported', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'spoilt-'));
  await makeShop(dir);
  const world = await World.open(dir, join(dir, 'world'));
  try {
    world.startReceiver();
    const sender = await world.startSender();
    // The image is made slowly: time enough for a disk to lose a bit before it is read.
    world.destination.twin.faults.set([
      { match: { service: 'image', method: 'POST', path: '/images$' }, do: 'delay', ms: 2_000 },
    ]);
    const campaign = await beginMigration(sender);
    const server = await importing(sender, campaign);
    await alter(world, campaign, server);
    expect(await untilState(sender, 'ready')).toBe(campaign);
    const facts = (await sender.daemon.log({ campaign })) as { fact: string; phase?: string; problem?: { code: string } }[];
    const problems = facts.filter(({ fact }) => fact === 'problem').map(({ phase, problem }) => [phase, problem?.code]);
    expect(problems).toEqual([['import', 'E_BLOCK_MISMATCH']]);
    // It compares the source's snapshot, the copy and the image once more.
    const { disks: verdicts } = await vi.waitFor(() => sender.daemon.verify({ campaign }), { timeout: 10_000, interval: 100 });
    expect(verdicts.map(({ agrees }) => agrees)).toEqual([true, true]);
    await sender.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);
