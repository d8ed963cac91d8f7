import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Problem } from '../../../../shared/problem.ts';
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

test('a campaign that cannot be read hides and stops no other, and its servers are begun by none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'campaign-set-'));
  const template = join(dir, 'template');
  await makeShop(template);
  const world = await World.open(template, join(dir, 'world'));
  const damaged = '00000000-0000-4000-8000-000000000001';
  const folder = join(world.senderState, 'campaigns', damaged);
  try {
    world.startReceiver();
    const first = await world.startSender();
    const whole = await beginMigration(first);
    await untilState(first, 'ready');
    await first.stop();
    await cp(join(world.senderState, 'campaigns', whole), folder, { recursive: true });
    await writeFile(join(folder, 'journal.jsonl'), 'no fact\n{}\n');
    // Nor does a list of peers that cannot be read.
    await writeFile(join(world.senderState, 'peers.json'), 'no list');
    const second = await world.startSender();
    const { peer, campaigns, damaged: told } = await second.daemon.status();
    expect(peer?.says).toContain('peers.json');
    expect(campaigns.map(({ id, state }) => [id, state])).toEqual([[whole, 'ready']]);
    expect(told).toMatchObject([{ id: damaged, problem: { code: 'E_STATE_DAMAGED', says: expect.stringContaining('journal') } }]);
    await expect(second.daemon.report({ campaign: damaged })).rejects.toMatchObject({ code: 'E_STATE_DAMAGED' });
    await second.daemon.rollback({ campaign: whole });
    await untilState(second, 'rolled back');
    await expect(beginMigration(second)).rejects.toMatchObject({
      code: 'E_STATE_DAMAGED',
      message: expect.stringContaining('is one of it'),
    });
    await second.stop();
    // Nobody knows any more which servers it has.
    await rm(join(folder, 'plan.yaml'));
    const third = await world.startSender();
    await expect(beginMigration(third)).rejects.toMatchObject({ message: expect.stringContaining('are not known') });
    await third.stop();
    await rm(folder, { recursive: true });
    const last = await world.startSender();
    expect((await last.daemon.status()).damaged).toBeUndefined();
    await beginMigration(last);
    await untilState(last, 'ready');
    await last.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true });
  }
});

test('of two exports of one server that are begun at once, one is', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'campaign-set-'));
  const template = join(dir, 'template');
  await makeShop(template);
  const world = await World.open(template, join(dir, 'world'));
  try {
    const sender = await world.startSender();
    const begin = (): Promise<unknown> => sender.daemon.beginExport({ project: undefined, servers: ['web 1'] });
    const ends = await Promise.allSettled([begin(), begin(), begin()]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as Problem).code] : []));
    expect(refused).toEqual(['E_CAMPAIGN_STATE', 'E_CAMPAIGN_STATE']);
    await sender.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true });
  }
});
