import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Fact } from '../../../../sender/migration/fact.ts';
import type { Plan } from '../../../../sender/model/plan.ts';
import { beginMigration, type SenderLife, untilState } from '../../../support/in-process.ts';
import { addQuorum, addSharedType, holdersAt, quorumAt } from '../../../support/shared-volume.ts';
import { storedDigest, volumesAt } from '../../../support/shop-volumes.ts';
import {
  adminOf,
  failedOne,
  order,
  restarted,
  ShopTemplate,
  type ShopWorld,
  serversAt,
  untilFact,
  untilServers,
} from '../../../support/shop-world.ts';

let template: ShopTemplate;

/** Two servers that share a volume. */
beforeAll(async () => {
  template = await ShopTemplate.make(['b', 'a'], (source, state) => addQuorum(source, state, ['a', 'b']));
}, 120_000);
afterAll(() => template.remove());

/** Two clouds that both know volumes which several servers may have. */
async function aWorld(): Promise<ShopWorld> {
  const made = await template.world();
  await addSharedType(made.world.destination);
  return made;
}

/** Changes options of a plan. */
const having =
  (more: Partial<Plan['options']>) =>
  (plan: string): string => {
    const { options, ...rest } = parse(plan) as Plan;
    return stringify({ ...rest, options: { ...options, ...more } });
  };

async function journalOf({ daemon }: SenderLife, campaign: string): Promise<readonly Fact[]> {
  return (await daemon.log({ campaign })) as unknown as readonly Fact[];
}

/** What a journal says of the servers that share the volume, as `fact phase`, in order. */
async function toldOf(sender: SenderLife, campaign: string, ids: readonly string[]): Promise<string[]> {
  const facts = await journalOf(sender, campaign);
  return facts.flatMap((one) =>
    'phase' in one && one.server !== null && ids.includes(one.server) ? `${one.fact} ${one.phase}` : [],
  );
}

async function membersAt({ world }: ShopWorld): Promise<string[]> {
  return (await serversAt(world.source)).map(({ id }) => id);
}

/** A group whose servers have gone back, in the order in which a journal says so. */
function mustGoBackTogether(told: readonly string[]): void {
  expect(told.filter((one) => one === 'undone create.undo').length).toBeGreaterThan(0);
  expect(told.lastIndexOf('undone create.undo')).toBeLessThan(told.indexOf('undone stop.undo'));
}

const allRun = [
  ['b', 'ACTIVE', false],
  ['a', 'ACTIVE', false],
] as const;

test('servers that share a volume move together in one place: frozen after the last stop, copied once, attached to both', async () => {
  const made = await aWorld();
  const { world, sender } = made;
  const campaign = await beginMigration(sender, having({ parallel: 1 }));
  await untilState(sender, 'ready');
  expect(await holdersAt(world.destination)).toEqual(['a', 'b']);
  const here = await quorumAt(world.source);
  const there = await quorumAt(world.destination);
  expect(there).toMatchObject({ status: 'in-use', multiattach: true });
  expect(await volumesAt(world.destination.user)).toHaveLength(1);
  const digest = (side: string, id = '') => storedDigest(join(world.dir, side), id);
  expect(await digest('destination', there?.id)).toBe(await digest('source', here?.id));
  const members = await membersAt(made);
  const told = await toldOf(sender, campaign, members);
  expect(told.lastIndexOf('done stop')).toBeLessThan(told.indexOf('begun freeze shared'));
  expect(told.lastIndexOf('done import')).toBeLessThan(told.indexOf('begun create'));
  const asked = world.source.twin.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/snapshots'));
  expect(asked).toHaveLength(1);
  expect((await sender.daemon.verify({ campaign })).comparison?.worst).toBeNull();
  await expect(sender.daemon.rollback({ campaign, keep: ['a'] })).rejects.toMatchObject({ code: 'E_CAMPAIGN_STATE' });
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  await untilServers(world.source, allRun);
  mustGoBackTogether(await toldOf(sender, campaign, members));
});

test('where one cannot be created the other goes back with it; later both arrive, and the volume ends with the last of them', async () => {
  const made = await aWorld();
  const { world, sender } = made;
  const members = await membersAt(made);
  world.destination.twin.faults.set([
    { do: 'status', status: 400, match: { service: 'compute', method: 'POST', path: '/servers$', body: '"name":"b"' } },
  ]);
  const campaign = await beginMigration(sender, having({ parallel: 2 }));
  const failed = await failedOne(sender);
  expect(failed.moves.map(({ name, state }) => [name, state])).toEqual([
    ['a', 'failed'],
    ['b', 'failed'],
  ]);
  expect(failed.moves[0]?.problem?.says).toContain('Server a is taken back with b');
  mustGoBackTogether(await toldOf(sender, campaign, members));
  await untilServers(world.source, allRun);
  await untilServers(world.destination, []);
  expect(await volumesAt(world.destination.user)).toEqual([]);
  world.destination.twin.faults.clear();
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilState(sender, 'committed');
  await untilServers(world.source, []);
  await expect.poll(() => quorumAt(world.source), { timeout: 20_000 }).toBeUndefined();
  expect(await holdersAt(world.destination)).toEqual(['a', 'b']);
});

test('a sender that was killed while it created one brings both to their end', async () => {
  const made = await aWorld();
  const campaign = await beginMigration(made.sender, having({ parallel: 2 }));
  await untilFact(made.sender, campaign, (one) => one['fact'] === 'begun' && one['phase'] === 'create');
  const again = await restarted(made);
  await untilState(again, 'ready');
  expect(await holdersAt(made.world.destination)).toEqual(['a', 'b']);
  expect(await volumesAt(made.world.destination.user)).toHaveLength(1);
});

test('a change of the destination does not take back a server whose stop has begun because the other one’s has not', async () => {
  const made = await aWorld();
  const { world, sender } = made;
  world.source.twin.faults.set([{ do: 'status', status: 503, match: { method: 'POST', body: 'os-stop' } }]);
  const campaign = await beginMigration(sender, having({ parallel: 2 }));
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'stop');
  const again = await restarted(made, async () => {
    // Where a kill between the two leaves the journal.
    const path = join(world.dir, 'sender', 'campaigns', campaign, 'journal.jsonl');
    const lines = (await readFile(path, 'utf8')).split('\n');
    const first = lines.findIndex((line) => line.includes('"begun"') && line.includes('"stop"'));
    await writeFile(path, `${lines.slice(0, first + 1).join('\n')}\n`);
    const admin = await adminOf(world.destination);
    const flavors = await admin.list<{ id: string }>('compute', '/flavors/detail', 'flavors');
    const extra_specs = { 'hw:cpu_policy': 'shared' };
    for (const { id } of flavors) await admin.send('POST', 'compute', `/flavors/${id}/os-extra_specs`, { extra_specs });
    world.source.twin.faults.clear();
  });
  await untilState(again, 'ready');
  const facts = await journalOf(again, campaign);
  expect(facts.filter(({ fact }) => fact === 'failed' || fact === 'turned back')).toEqual([]);
  expect(await holdersAt(world.destination)).toEqual(['a', 'b']);
});

test('one that ran at the source after the volume was frozen takes all back, and their rollback is finished after a kill', async () => {
  const made = await aWorld();
  const { world, sender } = made;
  // The server with which the volume moves is still at it when the other one is done.
  world.source.twin.faults.set([
    { do: 'delay', ms: 5_000, match: { service: 'volume', method: 'POST', path: '/snapshots$' }, times: 1 },
  ]);
  const campaign = await beginMigration(sender, having({ parallel: 2 }));
  await untilFact(sender, campaign, (one) => one['fact'] === 'done' && one['phase'] === 'freeze shared');
  const again = await restarted(made, async () => {
    const b = (await serversAt(world.source)).find(({ name }) => name === 'b');
    await order(world.source, b, 'os-start');
  });
  await untilFact(again, campaign, (one) => one['fact'] === 'turned back');
  const last = await restarted({ world, sender: again });
  const failed = await failedOne(last);
  expect(failed.moves.map(({ name, state }) => [name, state])).toEqual([
    ['a', 'failed'],
    ['b', 'failed'],
  ]);
  await untilServers(world.source, allRun);
  await untilServers(world.destination, []);
  const created = world.destination.twin.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/servers'));
  expect(created).toEqual([]);
});

test('one that waits for its cutover keeps the others running, a pause halts all, and the cutover of one is that of all', async () => {
  const { world, sender } = await aWorld();
  const campaign = await beginMigration(sender, (plan) => {
    const { waves, ...rest } = parse(plan) as Plan;
    const servers = waves.flatMap((wave) => wave.servers);
    const warm = servers.map((one) => ({ ...one, mode: 'warm', cutover: one.name === 'b' ? 'manual' : 'now' }));
    return stringify({ ...rest, waves: [{ name: 'quorum', servers: warm }] });
  });
  await untilFact(sender, campaign, (one) => one['fact'] === 'done' && one['phase'] === 'await cutover');
  await sender.daemon.pause({ campaign });
  await untilState(sender, 'paused');
  await untilServers(world.source, allRun);
  await sender.daemon.resume({ campaign });
  await sender.daemon.cutover({ campaign, servers: ['a'] });
  await untilState(sender, 'ready');
  expect(await holdersAt(world.destination)).toEqual(['a', 'b']);
});

test('a plan that takes them apart is blocked, and so is one that leaves one out', async () => {
  const { sender } = await aWorld();
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns.filter(({ code }) => code === 'server.atomic_group')).toHaveLength(1);
  const { waves, ...rest } = parse(plan) as Plan;
  const servers = waves.flatMap((wave) => wave.servers);
  const blocking = async (edited: Plan['waves']): Promise<readonly string[]> => {
    const text = stringify({ ...rest, waves: edited });
    const checked = await sender.daemon.checkPlan({ plan: text, file: 'plan.yaml' });
    return checked.concerns.flatMap(({ severity, code }) => (severity === 'blocking' ? code : []));
  };
  const apart = servers.map((server, index) => ({ name: `wave-${index}`, servers: [server] }));
  expect(await blocking(apart)).toEqual(['server.group_split']);
  const left = { name: 'some', servers: servers.filter(({ name }) => name !== 'a') };
  expect(await blocking([left])).toEqual(['server.volume_multiattach']);
});
