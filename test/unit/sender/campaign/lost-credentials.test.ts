import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cloud, untilState } from '../../../support/in-process.ts';
import { OpenStackUser } from '../../../support/openstack-user.ts';
import { failedOne, restarted, ShopTemplate, serversAt, untilFact } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** What an administrator can take away, and give back. */
type Taken = 'the user' | 'the project' | 'its roles';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Grant {
  readonly user: { readonly id: string };
  readonly role: { readonly id: string };
  readonly scope: { readonly project: { readonly id: string } };
}

/** Takes something away, so that no token of the owner counts; returns what gives it back. */
async function takeAway({ twin }: Cloud, what: Taken): Promise<() => Promise<unknown>> {
  const admin = await OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'admin', password: 'twin', project: 'admin' });
  const idOf = async (kind: string, name: string): Promise<string> =>
    (await admin.list<Named>('identity', `/${kind}`, kind)).find((one) => one.name === name)?.id ?? '';
  const user = await idOf('users', 'demo');
  const project = await idOf('projects', 'shop');
  const granted = (await admin.list<Grant>('identity', '/role_assignments', 'role_assignments')).filter(
    (one) => one.user.id === user && one.scope.project.id === project,
  );
  const enable = async (enabled: boolean): Promise<unknown> => {
    const verb = enabled ? 'PUT' : 'DELETE';
    const grants = granted.map(({ role }) => `/projects/${project}/users/${user}/roles/${role.id}`);
    if (what === 'its roles') return Promise.all(grants.map((grant) => admin.send(verb, 'identity', grant)));
    if (what === 'the user') return admin.send('PATCH', 'identity', `/users/${user}`, { user: { enabled } });
    return admin.send('PATCH', 'identity', `/projects/${project}`, { project: { enabled } });
  };
  await enable(false);
  return () => enable(true);
}

test.each([
  ['the user', 'source', 'resumed'],
  ['the project', 'source', 'rolled back'],
  ['its roles', 'source', 'resumed'],
  ['the user', 'destination', 'rolled back'],
  ['the project', 'destination', 'resumed'],
  ['its roles', 'destination', 'rolled back'],
] as const)(
  'a campaign that has %s taken away at the %s in the middle stops, and can be %s once that is given back',
  async (what, side, end) => {
    const { world, sender, campaign } = await template.started();
    await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'copy');
    const giveBack = await takeAway(world[side], what);
    const { problem } = await failedOne(sender);
    expect(problem).toMatchObject({ code: 'E_AUTH', hint: expect.stringContaining('credentials') });
    await giveBack();
    if (end === 'resumed') {
      await sender.daemon.resume({ campaign });
      await untilState(sender, 'ready');
      expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
      expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['SHUTOFF', 'SHUTOFF']);
    } else {
      await sender.daemon.rollback({ campaign });
      await untilState(sender, 'rolled back');
      expect(await serversAt(world.destination)).toEqual([]);
      expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
    }
  },
);

test.each([
  ['the user', 'source'],
  ['the project', 'destination'],
] as const)(
  'a commit of a campaign that has %s taken away at the %s commits nothing, and can be repeated',
  async (what, side) => {
    const { world, sender, campaign } = await template.ready();
    const giveBack = await takeAway(world[side], what);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
    const [status] = (await sender.daemon.status()).campaigns;
    expect(status).toMatchObject({ state: 'ready', problem: { code: 'E_AUTH' } });
    expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
    await giveBack();
    expect((await serversAt(world.source)).map((server) => server.status)).toEqual(['SHUTOFF', 'SHUTOFF']);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilState(sender, 'committed');
    await expect.poll(() => serversAt(world.source)).toEqual([]);
    expect((await serversAt(world.destination)).map((server) => server.status)).toEqual(['ACTIVE', 'ACTIVE']);
  },
);

test('a project that is made anew under its name is another one: nothing is built there, nor taken for gone', async () => {
  const { world, sender, campaign } = await template.started();
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'copy');
  const project = await madeAnew(world.destination);
  const { problem } = await failedOne(sender);
  expect(problem).toMatchObject({ code: 'E_AUTH', says: expect.stringContaining('lead to another project by now: shop') });
  const { twin } = world.destination;
  const anew = await OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'demo', password: 'twin', project: 'shop' });
  expect(await anew.list('compute', '/servers/detail', 'servers')).toEqual([]);
  expect(
    (await anew.list<{ project_id: string }>('network', '/ports', 'ports')).filter((one) => one.project_id === project.id),
  ).toEqual([]);
  await expect.poll(async () => (await serversAt(world.source)).map(({ status }) => status)).toContain('ACTIVE');
});

test('a rollback in another project than the campaign’s starts no source beside its copy, also after a restart', async () => {
  const { world, sender, campaign } = await template.ready();
  await madeAnew(world.destination);
  await world.killReceiver();
  world.startReceiver();
  await sender.daemon.rollback({ campaign });
  const { problem } = await failedOne(sender);
  expect(problem?.says).toContain('and this campaign builds in project');
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['SHUTOFF', 'SHUTOFF']);
  const { ledger } = await world.openCampaign(campaign);
  expect(ledger.entries().filter(({ ref, state }) => ref.startsWith('server/') && state === 'built')).toHaveLength(2);
});

test('a campaign that an earlier release began, without a note of its project, takes no other one for it', async () => {
  const { world, sender, campaign } = await template.ready();
  const note = join((await world.openCampaign(campaign)).folder, 'place.json');
  await world.killReceiver();
  await rm(note);
  await madeAnew(world.destination);
  world.startReceiver();
  await sender.daemon.rollback({ campaign });
  const { problem } = await failedOne(sender);
  expect(problem?.says).toContain('and nothing that this campaign built is there');
  await expect(access(note)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['SHUTOFF', 'SHUTOFF']);
});

test('such a campaign is rolled back where it has built', async () => {
  const { world, sender, campaign } = await template.ready();
  const { folder } = await world.openCampaign(campaign);
  await world.killReceiver();
  await rm(join(folder, 'place.json'));
  world.startReceiver();
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a commit with credentials of another project of the source, after a restart, takes no source server for gone', async () => {
  const started = await template.ready();
  const { world, campaign } = started;
  const { projectId } = world.source.user;
  const sender = await restarted(started, async () => void (await madeAnew(world.source)));
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
  const [status] = (await sender.daemon.status()).campaigns;
  const says = expect.stringContaining(`the campaign was captured from ${projectId}`);
  expect(status).toMatchObject({ state: 'ready', problem: { code: 'E_AUTH', says } });
  expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
});

/** Deletes the owner's project, and makes another of its name with the same rights. */
async function madeAnew({ twin, user: owner }: Cloud): Promise<Named> {
  const admin = await OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'admin', password: 'twin', project: 'admin' });
  const grants = (await admin.list<Grant>('identity', '/role_assignments', 'role_assignments')).filter(
    ({ scope }) => scope.project.id === owner.projectId,
  );
  await admin.send('DELETE', 'identity', `/projects/${owner.projectId}`);
  const { project } = await admin.send<{ project: Named }>('POST', 'identity', '/projects', { project: { name: 'shop' } });
  for (const { user, role } of grants)
    await admin.send('PUT', 'identity', `/projects/${project.id}/users/${user.id}/roles/${role.id}`);
  return project;
}
