/** Projects for the tests: made by the administrators of both clouds, filled and emptied with the ordinary client. */
import type { Endings } from '../support/endings.ts';
import { type Kind, type Thing, takeCensus } from './census.ts';
import { type Account, openstackBatch, password } from './lab.ts';

/**
 * Makes a project in both clouds, each with a user of the same name who is an ordinary member, and empties what an earlier run left there.
 * It goes when the test ends, unless KEEP is set: then it stays to be looked at.
 */
export async function freshProject(project: string, endings: Endings): Promise<void> {
  if (!process.env['KEEP']) endings.add(`project ${project}`, () => removeProject(project));
  for (const cloud of ['src', 'dst'] as const) {
    await openstackBatch(`${cloud}-admin`, [
      ['project', 'create', '--or-show', '--domain', 'default', project],
      ['user', 'create', '--or-show', '--domain', 'default', '--password', password, project],
      ['role', 'add', '--project', project, '--user', project, 'member'],
    ]);
    await emptyProject({ cloud, project });
  }
}

/** Removes a project from both clouds, with all that is in it. */
async function removeProject(project: string): Promise<void> {
  for (const cloud of ['src', 'dst'] as const) {
    await emptyProject({ cloud, project });
    await openstackBatch(`${cloud}-admin`, [
      ['user', 'delete', project],
      ['project', 'delete', project],
    ]);
  }
}

/** Deletes everything a project holds; its default group stays. */
async function emptyProject(account: Account): Promise<void> {
  const { own } = await takeCensus(account);
  const each = (kind: Kind, command: (thing: Thing) => readonly string[][]): readonly string[][] => own[kind].flatMap(command);
  const legs = own.port.filter((port) => port['device_owner'] === 'network:router_interface');
  await openstackBatch(account, [
    ...each('server', ({ id }) => [['server', 'unlock', id]]),
    ...each('server', ({ id }) => [['server', 'delete', '--wait', id]]),
    ...each('floating ip', ({ id }) => [['floating', 'ip', 'delete', id]]),
    ...each('router', ({ id }) => [['router', 'unset', '--external-gateway', id]]),
    ...each('router', ({ id }) => [['router', 'set', '--no-route', id]]),
    ...legs.map((leg) => ['router', 'remove', 'port', String(leg['device_id']), leg.id]),
    ...each('router', ({ id }) => [['router', 'delete', id]]),
  ]);
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
}
