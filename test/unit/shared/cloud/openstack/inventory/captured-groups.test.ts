import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

/** A project whose servers `in a` and `in b` are in groups of one name; a third group is empty. */
async function aProject() {
  const twin = await aFurnishedTwin({ pageSize: 2 });
  await populate(twin.authUrl);
  const demo = await aHand(twin);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { images } = await demo.ask<{ images: { id: string }[] }>('GET', 'image', '/images');
  const { flavors } = await demo.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors/detail?limit=2');
  const groups: string[] = [];
  for (const name of ['in a', 'in b', '']) {
    const server_group = { name: 'apart', policy: 'soft-anti-affinity' };
    const made = await demo.ask<{ server_group: { id: string } }>('POST', 'compute', '/os-server-groups', { server_group });
    groups.push(made.server_group.id);
    const server = { name, imageRef: images[0]?.id, flavorRef: flavors[0]?.id, networks: 'none' };
    const hints = { group: made.server_group.id };
    if (name !== '') await demo.ask('POST', 'compute', '/servers', { server, 'os:scheduler_hints': hints });
  }
  const captured = (...servers: string[]) => source.inventory({ servers }, AbortSignal.timeout(15_000));
  return { twin, groups, captured };
}

test('a project is captured with all its groups, and each server with its own', async () => {
  const { groups, captured } = await aProject();
  const { document, concerns } = await captured();
  expect(document.server_groups.map(({ id }) => id)).toEqual(groups);
  expect(document.server_groups[0]).toMatchObject({ name: 'apart', policy: 'soft-anti-affinity', rules: {} });
  const inGroup = document.servers.filter(({ server_group_id }) => server_group_id !== null);
  expect(Object.fromEntries(inGroup.map(({ name, server_group_id }) => [name, server_group_id]))).toEqual({
    'in a': groups[0],
    'in b': groups[1],
  });
  for (const { needs, server_group_id } of inGroup) expect(needs).toContain(`server_group/${server_group_id}`);
  expect(concerns.filter(({ code }) => code.startsWith('server_group.'))).toEqual([]);
});

test('a server that is chosen takes its own group along, and no other', async () => {
  const { groups, captured } = await aProject();
  const { document } = await captured('in b');
  expect(document.server_groups.map(({ id }) => id)).toEqual([groups[1]]);
});

test('groups that a policy keeps are told, and the servers are captured without', async () => {
  const { twin, captured } = await aProject();
  twin.faults.set([{ do: 'status', status: 403, match: { path: '/os-server-groups' } }]);
  const { document, concerns } = await captured();
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'server_group.unseen', severity: 'warning' }));
  expect(document.servers.map(({ server_group_id }) => server_group_id)).toEqual(document.servers.map(() => null));
});
