import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../../../sender/model/plan.ts';
import { type Cloud, untilState } from '../../../support/in-process.ts';
import { OpenStackUser } from '../../../support/openstack-user.ts';
import { failedOne, order, type Seen, ShopTemplate, type Started, serversAt, untilFact } from '../../../support/shop-world.ts';
import { warm } from '../../../support/warm.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** What the owner of a server does to it, and what must be seen before the campaign goes on. */
interface Act {
  readonly what: string;
  readonly act: (cloud: Cloud, server: Seen) => Promise<void>;
  /** Nova's status of the server after it; null where it is gone. */
  readonly until: string | null;
}

const ordered = (what: string, action: string, until: string): Act => ({
  what,
  act: (cloud, server) => order(cloud, server, action),
  until,
});
const deleted: Act = {
  what: 'deleted',
  act: async ({ user }, { id }) => void (await user.send('DELETE', 'compute', `/servers/${id}`)),
  until: null,
};
const regrouped = (until: string): Act => ({
  what: 'taken out of its security groups',
  act: async ({ user }, { id }) => {
    const [port] = await user.list<{ id: string }>('network', `/ports?device_id=${id}`, 'ports');
    await user.send('PUT', 'network', `/ports/${port?.id}`, { port: { security_groups: [] } });
  },
  until,
});

/** Rebuilt from the image of the shop's other server. */
const rebuilt = (until: string): Act => ({
  what: 'rebuilt',
  act: async (cloud, server) => {
    const images = await cloud.user.list<{ id: string; name: string }>('image', '/images', 'images');
    const other = images.find(({ name }) => name === 'disk of -web/é');
    await order(cloud, server, 'rebuild', { imageRef: other?.id });
  },
  until,
});
const resized = (until: string, isConfirmed: boolean): Act => ({
  what: isConfirmed ? 'resized' : 'resized, without its confirmation,',
  act: async (cloud, server) => {
    const flavors = await cloud.user.list<{ id: string; name: string }>('compute', '/flavors', 'flavors');
    const larger = flavors.find(({ name }) => name === 'm1.small');
    await order(cloud, server, 'resize', { flavorRef: larger?.id });
    await expect.poll(async () => (await serversAt(cloud))[0]?.status, { timeout: 20_000 }).toBe('VERIFY_RESIZE');
    if (isConfirmed) await order(cloud, server, 'confirmResize');
  },
  until,
});
const broken: Act = {
  what: 'put into ERROR',
  act: async ({ twin: { authUrl } }, { id }) => {
    const admin = await OpenStackUser.signIn({ authUrl, user: 'admin', password: 'twin', project: 'admin' });
    await admin.send('POST', 'compute', `/servers/${id}/action`, { 'os-resetState': { state: 'error' } });
  },
  until: 'ERROR',
};

/** A moment of a campaign at which the owner of its first server acts. */
type Moment = 'waits for its cutover' | 'is being imported';

/** What an owner does at a moment, and what the operator reads of it. */
// biome-ignore format: a table is read by row
const cases: readonly { readonly moment: Moment; readonly act: Act; readonly says: RegExp; readonly source: string | null }[] = [
  { moment: 'waits for its cutover', act: deleted, says: /web 1 is gone at the source, so nothing of it is removed/, source: null },
  { moment: 'waits for its cutover', act: ordered('locked', 'lock', 'ACTIVE'), says: /is locked, so os-stop is refused/, source: 'ACTIVE' },
  { moment: 'waits for its cutover', act: ordered('shelved', 'shelve', 'SHELVED_OFFLOADED'), says: /web 1 is SHELVED_OFFLOADED at the source/, source: 'SHELVED_OFFLOADED' },
  { moment: 'waits for its cutover', act: ordered('suspended', 'suspend', 'SUSPENDED'), says: /web 1 is SUSPENDED at the source/, source: 'SUSPENDED' },
  { moment: 'waits for its cutover', act: regrouped('ACTIVE'), says: /web 1 was changed at the source.*security_groups/, source: 'ACTIVE' },
  { moment: 'waits for its cutover', act: rebuilt('ACTIVE'), says: /web 1 was changed at the source.*image_id/, source: 'ACTIVE' },
  { moment: 'waits for its cutover', act: resized('ACTIVE', true), says: /web 1 was changed at the source.*flavor/, source: 'ACTIVE' },
  { moment: 'waits for its cutover', act: resized('VERIFY_RESIZE', false), says: /web 1 (is VERIFY_RESIZE|was changed) at the source/, source: 'VERIFY_RESIZE' },
  { moment: 'waits for its cutover', act: broken, says: /web 1 is ERROR at the source/, source: 'ERROR' },
  { moment: 'is being imported', act: deleted, says: /web 1 is gone at the source, so nothing of it is removed/, source: null },
  { moment: 'is being imported', act: ordered('started', 'os-start', 'ACTIVE'), says: /web 1 is running although we stopped it/, source: 'ACTIVE' },
  { moment: 'is being imported', act: ordered('rescued', 'rescue', 'RESCUE'), says: /web 1 is RESCUE at the source/, source: 'RESCUE' },
  { moment: 'is being imported', act: rebuilt('SHUTOFF'), says: /web 1 was changed at the source/, source: 'ACTIVE' },
  { moment: 'is being imported', act: resized('SHUTOFF', true), says: /web 1 was changed at the source/, source: 'ACTIVE' },
  { moment: 'is being imported', act: broken, says: /web 1 is ERROR/, source: 'ERROR' },
  { moment: 'is being imported', act: regrouped('SHUTOFF'), says: /web 1 was changed at the source.*security_groups/, source: 'ACTIVE' },
];

test.each(cases)(
  'a server that is $act.what while it $moment is not built; the others arrive',
  async ({ moment, act, says, source }) => {
    const { world, sender } = await actingAt(moment, act);
    const failed = await failedOne(sender);
    expect(failed.moves.map(({ name, state }) => [name, state])).toEqual([
      ['web 1', 'failed'],
      ['-web/é', 'moved'],
    ]);
    expect(failed.problem?.says).toMatch(says);
    expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
    const seen = async () => (await serversAt(world.source)).find(({ name }) => name === 'web 1')?.status ?? null;
    await expect.poll(seen, { timeout: 20_000 }).toBe(source);
  },
);

test.each([deleted, ordered('stopped', 'os-stop', 'SHUTOFF')])(
  'a new server that is $what by its owner does not stop the rollback',
  async (act) => {
    const { world, sender, campaign } = await template.started();
    await untilState(sender, 'ready');
    const [server] = await serversAt(world.destination);
    if (server === undefined) throw new Error('There is a server.');
    await doneAt(world.destination, act, server);
    await sender.daemon.rollback({ campaign });
    await untilState(sender, 'rolled back');
    expect(await serversAt(world.destination)).toEqual([]);
    expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
  },
);

/** A campaign whose first server's owner has acted at a moment, and which goes on after that. */
async function actingAt(moment: Moment, act: Act): Promise<Started> {
  const isWarm = moment === 'waits for its cutover';
  const started = await template.started((plan) => inOrder(isWarm ? warm('manual')(plan) : plan));
  const { world, sender, campaign } = started;
  const [first] = await serversAt(world.source);
  if (first === undefined) throw new Error('There is a server.');
  if (isWarm) {
    for (const { id } of await serversAt(world.source))
      await untilFact(
        sender,
        campaign,
        ({ fact, phase, server }) => fact === 'begun' && phase === 'await cutover' && server === id,
      );
    await doneAt(world.source, act, first);
    await sender.daemon.cutover({ campaign, servers: [] });
    return started;
  }
  // Glance answers to the upload of the first image only when the owner has acted.
  world.destination.twin.faults.set([
    { do: 'delay', ms: 4_000, match: { service: 'image', method: 'PUT', path: '/file$' }, times: 1 },
  ]);
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'begun' && phase === 'import' && server === first.id);
  await doneAt(world.source, act, first);
  return started;
}

/** Has an owner act, and waits until that is seen. */
async function doneAt(cloud: Cloud, { act, until }: Act, server: Seen): Promise<void> {
  await act(cloud, server);
  const seen = async () => (await serversAt(cloud)).find(({ id }) => id === server.id)?.status ?? null;
  await expect.poll(seen, { timeout: 20_000 }).toBe(until);
}

/** The plan with `web 1` first. */
function inOrder(text: string): string {
  const { waves, ...plan } = parse(text) as Plan;
  const sorted = waves.map(({ servers, ...wave }) => ({
    ...wave,
    servers: servers.toSorted((one, other) => (other.name ?? '').localeCompare(one.name ?? '')),
  }));
  return stringify({ ...plan, waves: sorted });
}
