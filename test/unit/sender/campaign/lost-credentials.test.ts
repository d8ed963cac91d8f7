import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cloud, untilState } from '../../../support/in-process.ts';
import { OpenStackUser } from '../../../support/openstack-user.ts';
import { firstAt, inOrder } from '../../../support/owner-acts.ts';
import { failedOne, ShopTemplate, type Started, serversAt, untilFact } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** A user is removed, or his password changed: no token of his is valid, and he gets no other. */
function lockOut({ twin }: Cloud): void {
  twin.faults.set([{ do: 'expire-tokens' }, { do: 'status', status: 401, match: { service: 'identity', method: 'POST' } }]);
}

/** He is let in again; his owner signs in anew. */
async function letIn({ twin }: Cloud): Promise<Cloud> {
  twin.faults.clear();
  return { twin, user: await OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'demo', password: 'twin', project: 'shop' }) };
}

const statuses = async (cloud: Cloud): Promise<string[]> =>
  (await serversAt(cloud)).map(({ name, status }) => `${name} ${status}`);

/** A campaign whose first server is being imported. */
async function importing(): Promise<Started> {
  const started = await template.started(inOrder);
  const { world, sender, campaign } = started;
  const upload = { service: 'image', method: 'PUT', path: '/file$' } as const;
  world.destination.twin.faults.set([{ do: 'delay', ms: 3_000, match: upload, times: 1 }]);
  const { id } = await firstAt(world.source);
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'begun' && phase === 'import' && server === id);
  return started;
}

test('a campaign whose source no longer lets it in builds nothing that may run twice, and goes on once it does', async () => {
  const { world, sender, campaign } = await importing();
  lockOut(world.source);
  expect((await failedOne(sender)).problem?.code).toBe('E_AUTH');
  expect(await statuses(world.destination)).toEqual([]);
  const source = await letIn(world.source);
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  expect(await statuses(source)).toEqual(['web 1 SHUTOFF', '-web/é SHUTOFF']);
  expect(await statuses(world.destination)).toEqual(['web 1 ACTIVE', '-web/é ACTIVE']);
});

test('a campaign whose destination no longer lets it in has every server run at the source again, and goes on once it does', async () => {
  const { world, sender, campaign } = await importing();
  lockOut(world.destination);
  expect((await failedOne(sender)).problem?.code).toBe('E_AUTH');
  expect(await statuses(world.source)).toEqual(['web 1 ACTIVE', '-web/é ACTIVE']);
  const destination = await letIn(world.destination);
  expect(await statuses(destination)).toEqual([]);
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  expect(await statuses(destination)).toEqual(['web 1 ACTIVE', '-web/é ACTIVE']);
});

test.each(['source', 'destination'] as const)(
  'a commit of which the %s no longer lets us in commits nothing, and can be repeated',
  async (side) => {
    const { world, sender, campaign } = await template.started();
    await untilState(sender, 'ready');
    lockOut(world[side]);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
    const [status] = (await sender.daemon.status()).campaigns;
    expect(status).toMatchObject({ state: 'ready', problem: { code: 'E_AUTH' } });
    expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
    const clouds = { source: world.source, destination: world.destination };
    clouds[side] = await letIn(world[side]);
    expect(await statuses(clouds.source)).toEqual(['web 1 SHUTOFF', '-web/é SHUTOFF']);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilState(sender, 'committed');
    await expect.poll(() => statuses(clouds.source)).toEqual([]);
    expect(await statuses(clouds.destination)).toEqual(['web 1 ACTIVE', '-web/é ACTIVE']);
  },
);
