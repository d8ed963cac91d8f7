import { expect, test } from 'vitest';
import { aTwin, type Client, login } from './a-twin.ts';

const tokens = '/identity/v3/auth/tokens';
const of = async (client: Client): Promise<string> =>
  (await client.ask('GET', tokens, undefined, { 'x-subject-token': client.token })).textAt('token.user.id');

const roleId = async (admin: Client, name: string): Promise<string> =>
  (await admin.ask('GET', `/identity/v3/roles?name=${name}`)).textAt('roles.0.id');

test('members of a group have its roles, and effective assignments name them in its place', async () => {
  const twin = await aTwin({ seed: { projects: ['demo', 'other'] } });
  const admin = await login(twin, 'admin', 'admin');
  const other = (await admin.ask('GET', '/identity/v3/projects?name=other')).textAt('projects.0.id');
  const made = await admin.ask('POST', '/identity/v3/users', { user: { name: 'ada', password: 'twin' } });
  const user = made.textAt('user.id');
  const group = (await admin.ask('POST', '/identity/v3/groups', { group: { name: 'ops' } })).textAt('group.id');
  await admin.ask('PUT', `/identity/v3/groups/${group}/users/${user}`);
  const grant = `/identity/v3/projects/${other}/groups/${group}/roles/${await roleId(admin, 'member')}`;
  expect((await admin.ask('HEAD', grant)).status).toBe(404);
  expect((await admin.ask('PUT', grant)).status).toBe(204);
  expect((await admin.ask('PUT', grant)).status).toBe(204);
  expect((await admin.ask('HEAD', grant)).status).toBe(204);
  expect((await login(twin, 'ada', 'other')).projectId).toBe(other);
  const listed = async (query: string): Promise<unknown[]> => {
    const path = `/identity/v3/role_assignments?scope.project.id=${other}&include_names=true${query}`;
    return (await admin.ask('GET', path)).listAt('role_assignments').map((one) => one['user'] ?? one['group']);
  };
  const named = { domain: { id: 'default', name: 'Default' } };
  expect(await listed('')).toContainEqual({ id: group, name: 'ops', ...named });
  expect((await listed('&effective')).filter((one) => (one as { name: string }).name === 'ada')).toHaveLength(2);
  expect((await admin.ask('DELETE', grant)).status).toBe(204);
  expect((await admin.ask('DELETE', grant)).status).toBe(404);
});

test('a member may not list roles, and only own credentials and trusts', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  const self = await of(demo);
  const other = await of(admin);
  const status = async (path: string): Promise<number> => (await demo.ask('GET', `/identity/v3${path}`)).status;
  expect(await status(`/role_assignments?scope.project.id=${demo.projectId}`)).toBe(403);
  for (const path of ['application_credentials', 'credentials/OS-EC2']) {
    expect(await status(`/users/${self}/${path}`)).toBe(200);
    expect(await status(`/users/${other}/${path}`)).toBe(403);
  }
  expect(await status(`/OS-TRUST/trusts?trustor_user_id=${self}`)).toBe(200);
  expect(await status(`/OS-TRUST/trusts?trustor_user_id=${other}`)).toBe(403);
  expect(await status('/OS-TRUST/trusts')).toBe(403);
});
