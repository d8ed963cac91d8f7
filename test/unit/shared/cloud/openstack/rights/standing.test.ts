import { expect, onTestFinished, test } from 'vitest';
import { standingOf } from '../../../../../../shared/cloud/openstack/rights/standing.ts';
import { CloudSession } from '../../../../../../shared/cloud/openstack/session/session.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aSmallCloud, json, soon } from '../a-cloud.ts';
import { aFurnishedTwin } from '../a-destination.ts';

test('a member is told what an admin could do more, and is refused nothing that a member has', async () => {
  const { says, remedy } = await standingOn('demo', 'source');
  expect(says[0]).toBe('rights: member, step 2 of reader, member, manager, admin');
  expect(says.filter((line) => line.includes('default policies'))).toEqual([]);
  expect(says.at(-1)).toMatch(/^admin would add: capture other projects; /);
  expect(says).toContain('manager would add nothing that Godwit does');
  expect(remedy).toBe(undefined);
});

test('an admin stands on the last step, and nothing is left to add', async () => {
  expect((await standingOn('admin', 'destination')).says).toEqual(['rights: admin, step 4 of reader, member, manager, admin']);
});

test('a reader is told what a member could do at the destination, and that it builds nothing', async () => {
  const { says, remedy } = await standingAs(['reader'], () => 403);
  expect(says[0]).toBe('rights: reader, step 1 of reader, member, manager, admin');
  expect(says.find((line) => line.startsWith('member would add: '))).toContain('share networks and images with named projects');
  expect(remedy).toContain('a reader builds nothing');
});

test('what a cloud of its own policies allows or refuses is named, whatever the role', async () => {
  const admin = await standingAs(['Admin'], (path) => (path.startsWith('/compute/v2.1/os-hypervisors') ? 403 : 200));
  expect(admin.says).toContain('may not list the hosts, other than by the default policies');
  const operator = await standingAs(['operator'], () => 200);
  expect(operator.says[0]).toMatch(/^rights: none of the roles reader, member, manager, admin/);
  expect(operator.says).toContain('may list who has roles in the project, other than by the default policies');
  expect(operator.remedy).toContain('the user needs the role member');
});

test('who may not see the load balancers of a cloud that has them is told which role does', async () => {
  const services = ['load-balancer'];
  const says = async (roles: readonly string[], more: object): Promise<string | undefined> => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}), { roles, ...more });
    return (await standingOf(cloud.session, 'source', soon())).says.find((line) => line.startsWith('load-balancer'));
  };
  expect(await says(['member'], { services })).toBe(
    'load-balancer_observer would add: count the load balancers that stay behind',
  );
  expect(await says(['member', 'load-balancer_member'], { services })).toBe(undefined);
  expect(await says(['member'], {})).toBe(undefined);
});

test('a service that does not answer leaves the step as the roles say', async () => {
  const { says } = await standingAs(['member'], () => 500);
  expect(says.filter((line) => line.includes('default policies'))).toEqual([]);
});

async function standingOn(user: 'demo' | 'admin', side: 'source' | 'destination'): ReturnType<typeof standingOf> {
  const twin = await aFurnishedTwin();
  const session = new CloudSession(await accessTo(twin.authUrl, user));
  onTestFinished(() => session.close());
  return await standingOf(session, side, soon());
}

/** Against a small cloud whose token has these roles, and that answers every read with a status. */
async function standingAs(roles: readonly string[], statusOf: (path: string) => number): ReturnType<typeof standingOf> {
  const cloud = await aSmallCloud((path, _request, response) => json(response, {}, statusOf(path)), { roles });
  const standing = await standingOf(cloud.session, 'destination', soon());
  expect(cloud.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  return standing;
}
