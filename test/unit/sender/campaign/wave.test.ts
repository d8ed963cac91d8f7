import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { CampaignStatus, MoveStatus } from '../../../../sender/campaign/campaign-status.ts';
import type { Fact } from '../../../../sender/migration/fact.ts';
import type { Plan } from '../../../../sender/model/plan.ts';
import { beginMigration, type SenderLife, untilState } from '../../../support/in-process.ts';
import {
  failedOne,
  order,
  restarted,
  ShopTemplate,
  type Started,
  serversAt,
  untilFact,
  untilServers,
} from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['c', 'b', 'a']);
});
afterAll(() => template.remove());

test('a server that cannot be moved stops no other: they arrive, it runs at the source, and a resumption tries it alone', async () => {
  const { world, sender, campaign } = await withoutTheFirst();
  const failed = await failedOne(sender);
  expect(failed.problem).toMatchObject({ code: 'E_SERVER_STATE', says: expect.stringContaining('c is locked') });
  expect(statesOf(failed)).toEqual({ c: 'failed', b: 'moved', a: 'moved' });
  expect(failed.says).toContain('2 of 3 servers moved; c could not be moved, and is at the source as before');
  await untilServers(world.source, [
    ['c', 'ACTIVE', true],
    ['b', 'SHUTOFF', false],
    ['a', 'SHUTOFF', false],
  ]);
  const [first] = await serversAt(world.source);
  await order(world.source, first, 'unlock');
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  const facts = await journalOf(sender, campaign);
  expect(stoppedIn(facts)).toHaveLength(3);
});

test('with `max_failures: 0` no further server is begun after the first failure', async () => {
  const { world, sender } = await withoutTheFirst(({ options, ...plan }) => ({
    ...plan,
    options: { ...options, max_failures: 0 },
  }));
  const failed = await failedOne(sender);
  expect(statesOf(failed)).toEqual({ c: 'failed', b: 'waiting', a: 'waiting' });
  expect(failed.problem?.says).toContain('No further server was begun, because the plan lets 0 fail.');
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
});

test('after a restart with too many failures, the failed server comes back and the stopped one arrives; no other is begun', async () => {
  const { world, sender } = await template.world();
  const campaign = await beginMigration(sender, (plan) => stringify(strict(inOrder(parse(plan) as Plan))));
  const [c] = await serversAt(world.source);
  const created = { service: 'compute', method: 'POST', path: '/servers$' } as const;
  world.destination.twin.faults.set([
    { do: 'status', status: 400, match: { ...created, body: '"name":"c"' } },
    { do: 'delay', ms: 3_000, match: { ...created, body: '"name":"b"' } },
  ]);
  world.source.twin.faults.set([{ do: 'status', status: 503, match: { method: 'POST', body: 'os-start' } }]);
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'problem' && phase === 'stop.undo' && server === c?.id);
  const again = await restarted({ world, sender });
  world.source.twin.faults.clear();
  const failed = await failedOne(again);
  expect(statesOf(failed)).toEqual({ c: 'failed', b: 'moved', a: 'waiting' });
  await untilServers(world.source, [
    ['c', 'ACTIVE', false],
    ['b', 'SHUTOFF', false],
    ['a', 'ACTIVE', false],
  ]);
});

test('a restart of the sender does not try a failed server again, and after a rollback no server counts as failed', async () => {
  const { world, sender, campaign } = await withoutTheFirst();
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'stop');
  const again = await restarted({ world, sender });
  const failed = await failedOne(again);
  expect(statesOf(failed)).toEqual({ c: 'failed', b: 'moved', a: 'moved' });
  const facts = await journalOf(again, campaign);
  expect(facts.filter(({ fact }) => fact === 'failed')).toHaveLength(1);
  const [first] = await serversAt(world.source);
  await order(world.source, first, 'unlock');
  await again.daemon.rollback({ campaign });
  await untilState(again, 'rolled back');
  const [back] = (await again.daemon.status()).campaigns;
  expect(back).toMatchObject({ built: 0, adopted: 0 });
  expect(back?.moves.map(({ state, problem }) => [state, problem])).toEqual([
    ['rolled back', null],
    ['rolled back', null],
    ['rolled back', null],
  ]);
});

test('the second half of a farm is not begun while a server of the first has not moved, and the next wave is', async () => {
  const farm = ({ waves, ...plan }: Plan): Plan => {
    const servers = waves.flatMap((wave) => wave.servers);
    const first = { name: 'farm', rolling: true, servers: servers.slice(0, 2) };
    return { ...plan, waves: [first, { name: 'rest', servers: servers.slice(2) }] };
  };
  const { sender } = await withoutTheFirst(farm);
  const failed = await failedOne(sender);
  expect(statesOf(failed)).toEqual({ c: 'failed', b: 'waiting', a: 'moved' });
  expect(failed.moves.map(({ wave }) => wave)).toEqual(['farm', 'farm', 'rest']);
});

/** A campaign of three servers, of which the first was locked after the plan was made. */
async function withoutTheFirst(edit: (plan: Plan) => Plan = (plan) => plan): Promise<Started> {
  const { world, sender } = await template.world();
  const [first] = await serversAt(world.source);
  const campaign = await beginMigration(sender, (plan) => stringify(edit(inOrder(parse(plan) as Plan))));
  await order(world.source, first, 'lock');
  return { world, sender, campaign };
}

/** A plan of two waves, whose first moves two servers at once, and which lets none fail. */
function strict({ waves, options, ...plan }: Plan): Plan {
  const servers = waves.flatMap((wave) => wave.servers);
  const first = { name: 'first', servers: servers.slice(0, 2) };
  const rest = { name: 'rest', servers: servers.slice(2) };
  return { ...plan, options: { ...options, parallel: 2, max_failures: 0 }, waves: [first, rest] };
}

/** The plan with its servers from c to a. */
function inOrder({ waves, ...plan }: Plan): Plan {
  const sorted = (servers: Plan['waves'][number]['servers']): typeof servers =>
    servers.toSorted((one, other) => (other.name ?? '').localeCompare(one.name ?? ''));
  return { ...plan, waves: waves.map((wave) => ({ ...wave, servers: sorted(wave.servers) })) };
}

async function journalOf({ daemon }: SenderLife, campaign: string): Promise<Fact[]> {
  return (await daemon.log({ campaign })) as Fact[];
}

function stoppedIn(facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) => (fact.fact === 'stop asked' ? [fact.server] : []));
}

function statesOf({ moves }: CampaignStatus): Readonly<Record<string, MoveStatus['state']>> {
  return Object.fromEntries(moves.map(({ name, state }) => [name, state]));
}
