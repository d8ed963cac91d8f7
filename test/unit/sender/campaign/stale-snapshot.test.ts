import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { beginMigration, untilState, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';
import { act, restarted, ShopTemplate, serversAt, untilFact } from '../../../support/shop-world.ts';

test('a source server that ran after its disk was frozen is not created from that disk, and runs on at the source', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stale-'));
  await makeShop(dir);
  const world = await World.open(dir, join(dir, 'world'));
  try {
    world.startReceiver();
    const sender = await world.startSender();
    // The snapshot is fetched slowly: time enough for somebody to start the server, have it write,
    // and stop it again.
    world.source.twin.faults.set([{ match: { service: 'image', method: 'GET', path: '/file$' }, do: 'delay', ms: 3_000 }]);
    const campaign = await beginMigration(sender);
    const server = await begun(sender, campaign, 'copy');
    const { user } = world.source;
    for (const [action, status] of [
      ['os-start', 'ACTIVE'],
      ['os-stop', 'SHUTOFF'],
    ] as const) {
      await user.send('POST', 'compute', `/servers/${server}/action`, { [action]: null });
      await user.until(action, async () => {
        const [found] = (await user.list<{ id: string; status: string }>('compute', '/servers/detail', 'servers')).filter(
          ({ id }) => id === server,
        );
        return found?.status === status ? true : undefined;
      });
    }
    const { state, problem } = await rested(sender);
    expect(state).toBe('failed');
    expect(problem).toMatchObject({ code: 'E_SERVER_STATE', says: expect.stringContaining('after its disk was frozen') });
    const servers = await user.list<{ id: string; status: string }>('compute', '/servers/detail', 'servers');
    for (const { id, status } of servers) expect(status).toBe(id === server ? 'ACTIVE' : 'SHUTOFF');
    expect(await world.destination.user.list('compute', '/servers', 'servers')).toHaveLength(1);
    await sender.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);

test('a disk that was frozen before the sender was killed is frozen anew if its server ran meanwhile', async () => {
  const template = await ShopTemplate.make(['web 1']);
  onTestFinished(() => template.remove());
  const started = await template.started();
  const { world, sender, campaign } = started;
  // The snapshot is made, and nobody hears of it.
  world.source.twin.faults.set([
    { do: 'delay', ms: 60_000, match: { service: 'image', method: 'GET', path: '^/v2/images/[0-9a-f-]{36}$' } },
  ]);
  const snapshots = async (): Promise<string[]> => {
    const images = await world.source.user.list<{ id: string; status: string }>('image', '/images?image_type=snapshot', 'images');
    return images.filter(({ status }) => status === 'active').map(({ id }) => id);
  };
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'freeze');
  await expect.poll(snapshots, { timeout: 20_000 }).toHaveLength(1);
  const [stale] = await snapshots();
  const [server] = await serversAt(world.source);
  const next = await restarted(started, async () => {
    world.source.twin.faults.clear();
    await act(world.source, server, 'os-start', 'ACTIVE');
    await act(world.source, server, 'os-stop', 'SHUTOFF');
  });
  await untilState(next, 'ready');
  expect(await snapshots()).toHaveLength(1);
  expect(await snapshots()).not.toContain(stale);
}, 90_000);

type Sender = Awaited<ReturnType<World['startSender']>>;

/** Waits until a server has begun a phase; returns its id. */
async function begun({ daemon }: Sender, campaign: string, phase: string): Promise<string> {
  for (;;) {
    const facts = (await daemon.log({ campaign })) as { fact: string; phase?: string; server?: string | null }[];
    const found = facts.find((fact) => fact.fact === 'begun' && fact.phase === phase);
    if (typeof found?.server === 'string') return found.server;
    await sleep(20);
  }
}

/** Waits until the only campaign rests. */
async function rested({ daemon }: Sender) {
  for (;;) {
    const [campaign] = (await daemon.status()).campaigns;
    if (campaign?.endedAt != null) return campaign;
    await sleep(50);
  }
}
