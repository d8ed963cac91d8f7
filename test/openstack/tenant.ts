/**
 * Projects for the tests: made by the administrators of both clouds, filled and emptied with the
 * ordinary client.
 */
import type { Endings } from '../support/endings.ts';
import { type Kind, type Thing, takeCensus } from './census.ts';
import { type Account, type CloudName, openstackBatch, password } from './lab.ts';
import { until } from './migration.ts';

/**
 * Makes a project in both clouds, each with a member of the same name, after deleting what an
 * earlier run left. It is deleted when the test ends, unless KEEP is set.
 */
export async function freshProject(project: string, endings: Endings): Promise<void> {
  if (!process.env['KEEP']) endings.add(`project ${project}`, () => inBothClouds((cloud) => removeProject({ cloud, project })));
  await inBothClouds(async (cloud) => {
    await removeProject({ cloud, project });
    await openstackBatch(`${cloud}-admin`, [['project', 'create', '--domain', 'default', project], ...membership(project)]);
  });
}

const membership = (project: string): string[][] => [
  ['user', 'create', '--or-show', '--domain', 'default', '--password', password, project],
  ['role', 'add', '--project', project, '--user', project, 'member'],
];

async function inBothClouds(work: (cloud: CloudName) => Promise<void>): Promise<void> {
  await Promise.all((['src', 'dst'] as const).map(work));
}

/** Removes a project, where there is one, with all that is in it and its user. */
async function removeProject({ cloud, project }: Account): Promise<void> {
  const admin = `${cloud}-admin` as const;
  const [names] = await openstackBatch(admin, [['project', 'list', '-f', 'value', '-c', 'Name']]);
  if (!names?.split('\n').includes(project)) return;
  // a run that was cut may have left the project without its user
  await openstackBatch(admin, membership(project));
  const group = await emptyProject({ cloud, project });
  await openstackBatch(admin, [
    ['user', 'delete', project],
    ['project', 'delete', project],
    // only an administrator may, and Neutron makes no other while the project is there
    ['security', 'group', 'delete', group],
  ]);
}

/** Deletes the volumes that did not go with their servers, after their snapshots. */
async function removeVolumes(account: Account): Promise<void> {
  for (const kind of [['volume', 'snapshot'], ['volume']]) {
    const ids = async (): Promise<string[]> => {
      const [list] = await openstackBatch(account, [[...kind, 'list', '-f', 'value', '-c', 'ID']]);
      return (list ?? '').split('\n').filter(Boolean);
    };
    const found = await ids();
    await openstackBatch(
      account,
      found.map((id) => [...kind, 'delete', id]),
    );
    if (found.length > 0)
      await until(`The end of every ${kind.join(' ')}`, 120_000, async () => ((await ids()).length === 0 ? true : undefined));
  }
}

/** Deletes everything a project holds but its default group, and gives the id of that. */
async function emptyProject(account: Account): Promise<string> {
  const { own } = await takeCensus(account);
  const each = (kind: Kind, command: (thing: Thing) => readonly string[][]): readonly string[][] => own[kind].flatMap(command);
  const legs = own.port.filter((port) => port['device_owner'] === 'network:router_interface');
  await openstackBatch(account, [
    ...each('server', ({ id }) => [['server', 'unlock', id]]),
    ...each('server', ({ id }) => [['server', 'delete', '--wait', id]]),
    ...each('server group', ({ id }) => [['server', 'group', 'delete', id]]),
    ...each('floating ip', ({ id }) => [['floating', 'ip', 'delete', id]]),
    ...each('router', ({ id }) => [['router', 'unset', '--external-gateway', id]]),
    ...each('router', ({ id }) => [['router', 'set', '--no-route', id]]),
    ...legs.map((leg) => ['router', 'remove', 'port', String(leg['device_id']), leg.id]),
    ...each('router', ({ id }) => [['router', 'delete', id]]),
  ]);
  if (own.volume.length > 0) await removeVolumes(account);
  // ports that Nova made have gone with their servers, those that were made before stay
  const [ports] = await openstackBatch(account, [['port', 'list', '--long', '-f', 'json']]);
  const left = (JSON.parse(ports ?? '[]') as Readonly<Record<string, string>>[]).filter((port) => port['Device Owner'] === '');
  await openstackBatch(account, [
    ...left.map((port) => ['port', 'delete', String(port['ID'])]),
    ...each('network', ({ id }) => [['network', 'delete', id]]),
    ...own['security group'].filter(({ name }) => name !== 'default').map(({ id }) => ['security', 'group', 'delete', id]),
    ...each('keypair', ({ id }) => [['keypair', 'delete', '--', id]]),
    ...each('image', ({ id }) => [['image', 'delete', id]]),
  ]);
  return own['security group'].find(({ name }) => name === 'default')?.id ?? '';
}
