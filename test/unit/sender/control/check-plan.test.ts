import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portraitOf } from '../../../demo/portrait.ts';
import { type SenderLife, untilState, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';

interface Listed {
  readonly id: string;
  readonly name: string;
}

let dir: string;
let world: World;
let sender: SenderLife;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'check-plan-'));
  await makeShop(join(dir, 'template'));
  world = await World.open(join(dir, 'template'), join(dir, 'world'));
  world.startReceiver();
  sender = await world.startSender();
});
afterAll(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

const planned = async (): Promise<string> => (await sender.daemon.plan({ project: undefined, servers: [] })).plan;
const check = (plan: string) => sender.daemon.checkPlan({ plan, file: 'plan.yaml' });
const says = async (plan: string): Promise<string[]> => (await check(plan)).differences.map((one) => `${one.of}: ${one.says}`);

test('a new plan says what a new plan would say; an edit is named, and both clouds stay as they were', async () => {
  const before = [await portraitOf(world.source.user), await portraitOf(world.destination.user)];
  const plan = await planned();
  expect((await check(plan)).differences).toEqual([]);
  const { differences, concerns } = await check(plan.replace(/^(\s+ip:) auto$/m, '$1 198.51.100.250'));
  expect(differences).toEqual([
    {
      of: 'mappings',
      says: expect.stringMatching(/^gateway .*: 198\.51\.100\.250 in the plan, auto if it were made now$/),
    },
  ]);
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'gateway.address_outside', severity: 'blocking' }));
  expect([await portraitOf(world.source.user), await portraitOf(world.destination.user)]).toEqual(before);
  expect((await sender.daemon.status()).campaigns).toEqual([]);
});

test('options, waves, policies, skips and acceptances of a plan are each held against a new one, in their groups', async () => {
  const plan = await planned();
  const [first, second] = (await sender.daemon.capture({ project: undefined, servers: [] })).document.servers;
  const { id: key } = (await sender.daemon.capture({ project: undefined, servers: [] })).document.keypairs[0] ?? { id: '' };
  const edited = plan
    .replace(/^ {2}parallel: 1$/m, '  parallel: 4')
    .replace(/^ {2}images: keep$/m, '  images: remove\n  max_failures: 2')
    .replace(/^skip: \[\]$/m, `skip: [keypair/${key}]`)
    .replace(/^waves:(.|\n)*?(?=^\S)/m, '')
    .replace(
      /^mappings:$/m,
      [
        'calendar: { windows: [{ from: "22:00", to: "05:00" }] }',
        'bandwidth: 100mbit',
        'waves:',
        `  - { name: night, servers: [{ id: ${second?.id}, name: ${second?.name}, probe: "tcp:22" }] }`,
        `  - { name: morning, rolling: true, servers: [{ id: ${first?.id}, name: ${first?.name} }] }`,
        'mappings:',
        '  accept: [gateway.snat_rights]',
      ].join('\n'),
    );
  const lines = await says(edited);
  expect(lines).toEqual([
    `servers: server ${second?.name}: probe tcp:22 in the plan, none of its own if it were made now`,
    `waves: wave night: ${second?.name}; if it were made now, all are in wave-1`,
    `waves: wave morning: ${first?.name}; if it were made now, all are in wave-1`,
    'waves: wave morning: in two halves, which a new plan never has',
    'options: parallel: 4 in the plan, 1 if it were made now',
    'options: max_failures: 2 in the plan, none if it were made now',
    'options: images: remove in the plan, keep if it were made now',
    expect.stringContaining('calendar: Servers are stopped every day 22:00-05:00 only'),
    expect.stringMatching(/^calendar: Servers may be stopped next: (now|at .*)\.$/),
    'bandwidth: limit: 100mbit in the plan, that of the sender if it were made now',
    `skip: keypair ${key} (keypair/${key}): skipped by the plan, moved if it were made now`,
    'mappings: accept gateway.snat_rights: in the plan, and never in a new one',
  ]);
});

test('a skip of what is no longer there is named and blocks, and all else is still told', async () => {
  const plan = (await planned()).replace(/^skip: \[\]$/m, 'skip: [keypair/lost]').replace(/^ {2}parallel: 1$/m, '  parallel: 2');
  expect(await says(plan)).toEqual([
    'options: parallel: 2 in the plan, 1 if it were made now',
    'skip: keypair/lost: skipped by the plan, and no longer at the source',
  ]);
  expect((await check(plan)).concerns).toContainEqual(
    expect.objectContaining({ code: 'plan.skip_absent', severity: 'blocking', about: 'keypair/lost' }),
  );
});

test('an order that differs is named, and a plan that names a server twice is refused as its start is', async () => {
  const plan = await planned();
  const entries = plan.match(/^ {6}- id: .*\n {8}name: .*\n/gm) ?? [];
  expect(entries.length).toBe(2);
  const turned = plan.replace(entries.join(''), entries.toReversed().join(''));
  expect(await says(turned)).toEqual([expect.stringMatching(/^waves: order: .* in the plan, .* if it were made now$/)]);
  await expect(check(plan.replace(entries.join(''), [...entries, entries[0]].join('')))).rejects.toMatchObject({
    code: 'E_PLAN',
  });
});

test('what has changed at the clouds since is named, and what would stop the plan blocks it', async () => {
  const plan = await planned();
  const { user } = world.source;
  const [gone, renamed] = await user.list<Listed>('compute', '/servers', 'servers');
  await user.send('DELETE', 'compute', `/servers/${gone?.id}`);
  await user.send('PUT', 'compute', `/servers/${renamed?.id}`, { server: { name: 'renamed' } });
  await user.until('the deletion', async () =>
    (await user.list<Listed>('compute', '/servers', 'servers')).length === 1 ? true : undefined,
  );
  const { differences, concerns } = await check(plan);
  expect(differences).toEqual(
    expect.arrayContaining([
      { of: 'servers', says: `server ${gone?.name} (${gone?.id}): in the plan, but no longer at the source` },
      { of: 'servers', says: `server ${renamed?.name} (${renamed?.id}): is called renamed at the source` },
    ]),
  );
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'server.gone', severity: 'blocking', about: `server/${gone?.id}` }),
  );
  const left = plan.replace(new RegExp(`^ +- id: ${gone?.id}\\n +name: .*\\n`, 'm'), '');
  expect((await check(left)).concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
});

test('servers that an open campaign has are named, in a check and in a new plan, as its start would refuse them', async () => {
  const plan = await planned();
  const servers = (await sender.daemon.capture({ project: undefined, servers: [] })).document.servers;
  const { campaign } = await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} });
  await untilState(sender, 'ready');
  const held = servers.map(({ id }) =>
    expect.objectContaining({
      code: 'server.in_campaign',
      severity: 'blocking',
      about: `server/${id}`,
      says: expect.stringContaining(`campaign ${campaign} (ready)`),
    }),
  );
  expect((await check(plan)).concerns).toEqual(expect.arrayContaining(held));
  expect((await sender.daemon.plan({ project: undefined, servers: [] })).concerns).toEqual(expect.arrayContaining(held));
  await expect(sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} })).rejects.toMatchObject({
    code: 'E_CAMPAIGN_STATE',
  });
});

test('a concern that the plan accepts does not block its check', async () => {
  const plan = await planned();
  const all = (await check(plan)).concerns;
  expect(all.filter(({ code, severity }) => code !== 'server.in_campaign' && severity === 'blocking')).toEqual([]);
});

test('a rule of the configuration maps in a new plan and in its check, and --why names it', async () => {
  await sender.stop();
  const file = join(dir, 'rules.yaml');
  await writeFile(file, 'rules: [{ name: all to one, maps: security_group, when: { name: "w*" }, to: default }]\n');
  world.rules = file;
  sender = await world.startSender();
  const { reasons, plan } = await sender.daemon.plan({ servers: [] });
  const byRule = reasons.filter(({ says }) => says === 'the rule "all to one"');
  expect(byRule.map(({ name, to }) => `${name} ${to}`)).toEqual(['web default']);
  expect((await check(plan)).differences).toEqual([]);
  const why = await sender.daemon.plan({ servers: [], why: 'security_group/web' });
  expect(why.reasons).toEqual(byRule);
  await writeFile(file, 'rules: [{ name: all, maps: everything, to: default }]\n');
  await expect(planned()).rejects.toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('rules.yaml:1:') });
  world.rules = null;
});
