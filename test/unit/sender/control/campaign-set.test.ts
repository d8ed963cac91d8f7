import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginMigration, untilState, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';

test('status shows what is open first, then the newest; prune archives what is over, and a restart knows it no more', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'campaign-set-'));
  const template = join(dir, 'template');
  await makeShop(template);
  const world = await World.open(template, join(dir, 'world'));
  try {
    world.startReceiver();
    const first = await world.startSender();
    const begun: string[] = [];
    for (const _ of ['one', 'two', 'three']) {
      begun.push(await beginMigration(first));
      if (begun.length === 3) break;
      await first.daemon.rollback({ campaign: begun.at(-1) ?? '' });
      await untilState(first, 'rolled back');
    }
    const ids = async (life = first) => (await life.daemon.status()).campaigns.map(({ id }) => id);
    expect(await ids()).toEqual([begun[2], begun[1], begun[0]]);
    expect(await first.daemon.prune({ days: 1 })).toEqual([]);
    const pruned = await first.daemon.prune({ days: 0 });
    expect(pruned.map(({ id, state }) => [id, state])).toEqual([
      [begun[1], 'rolled back'],
      [begun[0], 'rolled back'],
    ]);
    expect(await ids()).toEqual([begun[2]]);
    await untilState(first, 'ready');
    await first.stop();
    expect((await readdir(join(world.senderState, 'archive', begun[0] ?? ''))).sort()).toContain('journal.jsonl');
    const second = await world.startSender();
    expect(await ids(second)).toEqual([begun[2]]);
    await second.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true });
  }
});
