import { expect, test } from 'vitest';
import { ask, aTwin, login, passwordAuth, until } from './a-twin.ts';

const tokens = '/identity/v3/auth/tokens';

test('a token dies after its life and every service refuses it with 401', async () => {
  const twin = await aTwin({ tokenLifeSeconds: 1 });
  const demo = await login(twin);
  expect((await demo.ask('GET', '/compute/v2.1/servers')).status).toBe(200);
  await until(
    () => demo.ask('GET', '/compute/v2.1/servers'),
    (reply) => reply.status === 401,
  );
  for (const path of ['/network/v2.0/networks', '/image/v2/images', '/identity/v3/auth/projects'])
    expect((await demo.ask('GET', path)).status, path).toBe(401);
});

test('a wrong password, an unknown project and a missing role are the same 401', async () => {
  const twin = await aTwin();
  for (const body of [
    passwordAuth('demo', 'demo', 'wrong'),
    passwordAuth('demo', 'nowhere'),
    passwordAuth('demo', 'admin'),
    passwordAuth('nobody', 'demo'),
  ]) {
    const reply = await ask(twin, 'POST', tokens, body);
    expect(reply.status).toBe(401);
    expect(reply.at('error.message')).toBe('The request you have made requires authentication.');
  }
});

test('the catalogue names every service but those it was told to hide', async () => {
  const twin = await aTwin({ region: 'north', withoutServices: ['network'] });
  const reply = await ask(twin, 'POST', tokens, passwordAuth('demo', 'demo'));
  expect(reply.listAt('token.catalog').map((entry) => entry['type'])).toEqual(['identity', 'image', 'compute', 'volumev3']);
  expect(reply.at('token.catalog.0.endpoints.0.region')).toBe('north');
});

test('an application credential logs in without a scope and is refused with one', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const user = (await demo.ask('GET', tokens, undefined, { 'x-subject-token': demo.token })).textAt('token.user.id');
  const made = await demo.ask('POST', `/identity/v3/users/${user}/application_credentials`, {
    application_credential: { name: 'mover' },
  });
  const identity = {
    methods: ['application_credential'],
    application_credential: {
      id: made.textAt('application_credential.id'),
      secret: made.textAt('application_credential.secret'),
    },
  };
  const token = await ask(twin, 'POST', tokens, { auth: { identity } });
  expect(token.status).toBe(201);
  expect(token.at('token.project.name')).toBe('demo');
  expect((await ask(twin, 'POST', tokens, { auth: { identity, scope: { project: { id: demo.projectId } } } })).status).toBe(401);
});

test('a token made from a token ends with it, and a revoked one is dead at once', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const first = await demo.ask('GET', tokens, undefined, { 'x-subject-token': demo.token });
  const second = await ask(twin, 'POST', tokens, {
    auth: { identity: { methods: ['token'], token: { id: demo.token } }, scope: { project: { id: demo.projectId } } },
  });
  expect(second.at('token.expires_at')).toBe(first.at('token.expires_at'));
  expect((await demo.ask('DELETE', tokens, undefined, { 'x-subject-token': demo.token })).status).toBe(204);
  expect((await demo.ask('GET', '/image/v2/images')).status).toBe(401);
});

test('members see their own project and nothing of the lists that are for admins', async () => {
  const twin = await aTwin({ seed: { projects: ['demo', 'other'] } });
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  expect((await demo.ask('GET', '/identity/v3/projects')).status).toBe(403);
  expect((await demo.ask('GET', '/identity/v3/auth/projects')).listAt('projects').map((each) => each['name'])).toEqual([
    'demo',
    'other',
  ]);
  expect((await admin.ask('GET', '/identity/v3/projects?name=other')).listAt('projects')).toHaveLength(1);
});
