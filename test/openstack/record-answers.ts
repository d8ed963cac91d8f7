// Records into test/answers/ what a real cloud answers for one resource of each kind, to its admin
// and to a member. Usage: node test/openstack/record-answers.ts RELEASE MEMBERS_CLOUD ADMINS_CLOUD
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpenStackSettings } from '../../shared/cloud/openstack/account/config.ts';
import { resolveAccess } from '../../shared/cloud/openstack/account/credentials.ts';
import { CloudSession } from '../../shared/cloud/openstack/session/session.ts';

type Thing = Readonly<Record<string, unknown>>;

const [release, member, admin] = process.argv.slice(2);
if (release === undefined || member === undefined || admin === undefined)
  throw new Error('usage: record-answers.ts <release> <member’s cloud> <admin’s cloud>');

async function sessionOf(cloud: string): Promise<CloudSession> {
  return new CloudSession(await resolveAccess(OpenStackSettings.parse({ cloud }), process.env));
}

async function get(session: CloudSession, service: 'network' | 'compute' | 'image', path: string): Promise<Thing> {
  return (await session.call({ method: 'GET', service, path, signal: AbortSignal.timeout(60_000) })).body as Thing;
}

/** Everything of the member's project that a session shows. */
async function answersOf(session: CloudSession, project: string): Promise<Record<string, Thing[]>> {
  const list = async (path: string, key: string): Promise<Thing[]> =>
    (await get(session, 'network', `${path}?project_id=${project}`))[key] as Thing[];
  const [ports, routers, groups] = await Promise.all([
    list('/ports', 'ports'),
    list('/routers', 'routers'),
    list('/security-groups', 'security_groups'),
  ]);
  const all = await get(session, 'compute', '/servers/detail?all_tenants=true').catch(() =>
    get(session, 'compute', '/servers/detail'),
  );
  const servers = (all['servers'] as Thing[]).filter((server) => server['tenant_id'] === project);
  const shown = await Promise.all(servers.map(({ id }) => get(session, 'compute', `/servers/${String(id)}`)));
  const keys = await Promise.all(
    servers.map(({ key_name, user_id }) =>
      get(session, 'compute', `/os-keypairs/${String(key_name)}?user_id=${String(user_id)}`).catch(() => null),
    ),
  );
  // one that boots from a volume has none
  const images = new Set(servers.flatMap((server) => (server['image'] as { id?: string }).id ?? []));
  return {
    qos_policy: await list('/qos/policies', 'policies').catch(() => []),
    network: await list('/networks', 'networks'),
    address_scope: await list('/address-scopes', 'address_scopes'),
    subnet_pool: await list('/subnetpools', 'subnetpools'),
    subnet: await list('/subnets', 'subnets'),
    router: routers,
    gateway: routers.map((router) => router['external_gateway_info'] as Thing | null).filter((gateway) => gateway !== null),
    interface: ports.filter(({ device_owner }) => device_owner === 'network:router_interface'),
    port: ports.filter(({ device_owner }) => String(device_owner).startsWith('compute:')),
    address_group: await list('/address-groups', 'address_groups'),
    rbac_policy: await list('/rbac-policies', 'rbac_policies').catch(() => []),
    security_group: groups,
    security_group_rule: groups.flatMap((group) => group['security_group_rules'] as Thing[]),
    floating_ip: await list('/floatingips', 'floatingips'),
    keypair: keys.filter((answer) => answer !== null).map((answer) => answer['keypair'] as Thing),
    server_group: (await get(session, 'compute', '/os-server-groups'))['server_groups'] as Thing[],
    flavor: (await get(session, 'compute', '/flavors/detail'))['flavors'] as Thing[],
    image: await Promise.all([...images].map((id) => get(session, 'image', `/images/${id}`))),
    server: shown.map((answer) => answer['server'] as Thing),
  };
}

const sessions = { member: await sessionOf(member), admin: await sessionOf(admin) };
const { projectId } = await sessions.member.token(AbortSignal.timeout(60_000));
const recorded = { member: await answersOf(sessions.member, projectId), admin: await answersOf(sessions.admin, projectId) };
const folder = join(import.meta.dirname, '../answers', release);
await mkdir(folder, { recursive: true });
for (const kind of Object.keys(recorded.member)) {
  const answers = { member: recorded.member[kind], admin: recorded.admin[kind] };
  await writeFile(join(folder, `${kind}.json`), `${JSON.stringify(answers, null, 2)}\n`);
}
for (const session of Object.values(sessions)) await session.close();
