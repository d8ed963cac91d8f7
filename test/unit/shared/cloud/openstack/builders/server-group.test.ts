import { expect, test } from 'vitest';
import type { BuildContext } from '../../../../../../shared/cloud/destination-cloud.ts';
import { type ResourceOf, refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import type { TwinOptions } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

type Group = ResourceOf<'server_group'>;

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly rules: object;
}

const apart = { name: 'apart', policy: 'anti-affinity' };
const one = aResource('server_group', { id: 'g1', ...apart });
const other = aResource('server_group', { id: 'g2', ...apart });

/** A destination to which groups move. */
async function aPlace(groups: readonly Group[], options: Partial<TwinOptions> = {}) {
  const twin = await aFurnishedTwin(options);
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const contextOf = (group: Group, more: Partial<BuildContext> = {}): BuildContext => ({
    ...campaign.context(group),
    resources: () => groups,
    ...more,
  });
  const ensure = async (group: Group, more: Partial<BuildContext> = {}) => {
    const built = await campaign.cloud.ensure(group, contextOf(group, more));
    campaign.built.set(refOf('server_group', group.id), built);
    return built;
  };
  const listed = async () => (await hand.ask<{ server_groups: Shown[] }>('GET', 'compute', '/os-server-groups')).server_groups;
  const make = async (server_group: object) =>
    (await hand.ask<{ server_group: Shown }>('POST', 'compute', '/os-server-groups', { server_group })).server_group.id;
  const remove = (group: Group, id: string) =>
    campaign.cloud.remove(refOf('server_group', group.id), id, campaign.id, {
      timeoutMs: 5000,
      signal: AbortSignal.timeout(5000),
    });
  return { twin, cloud: campaign.cloud, mappings: campaign.tenant.mappings, contextOf, ensure, listed, make, remove };
}

test('two groups that are equal become two groups, also where the answer to each creation is lost', async () => {
  const { twin, ensure, listed } = await aPlace([one, other]);
  twin.faults.set([{ do: 'lost-answer', match: { method: 'POST', path: '/os-server-groups$' }, times: 2 }]);
  const built = [await ensure(one, { claimed: true }), await ensure(other, { claimed: true })];
  expect(built.map(({ how }) => how)).toEqual(['created', 'created']);
  expect((await listed()).map(({ id }) => id).toSorted()).toEqual(built.map(({ id }) => id).toSorted());
});

test('a group whose creation was interrupted is found again, if there was none before', async () => {
  const { cloud, contextOf, ensure, make } = await aPlace([one]);
  expect(await cloud.occupied(one, contextOf(one))).toBe(false);
  const id = await make(apart);
  expect(await cloud.find(one, contextOf(one, { claimed: true }))).toBe(id);
  expect(await cloud.find(one, contextOf(one, { claimed: false }))).toBeNull();
  expect(await ensure(one, { claimed: true })).toMatchObject({ id, how: 'found' });
});

test('a group that the plan maps is found as nobody’s, also where a user made it after that', async () => {
  const { cloud, contextOf, mappings, ensure, make } = await aPlace([one]);
  const mapped = { mappings: { ...mappings, server_groups: { g1: { to: 'apart' } } }, claimed: true };
  await expect(ensure(one, mapped)).rejects.toMatchObject({ code: 'E_UNMAPPED' });
  await make(apart);
  expect(await cloud.find(one, contextOf(one, mapped))).toBeNull();
});

test('an equal group is adopted; of several the plan must name one, and what differs is no equal', async () => {
  const { contextOf, cloud, mappings, ensure, make } = await aPlace([one]);
  await make({ name: 'apart', policy: 'soft-anti-affinity' });
  await make({ ...apart, rules: { max_server_per_host: 2 } });
  const id = await make(apart);
  expect(await cloud.occupied(one, contextOf(one))).toBe(true);
  expect(await ensure(one, { claimed: false })).toMatchObject({ id, how: 'adopted', differences: { fatal: [], told: [] } });
  const second = await make(apart);
  await expect(ensure(one, { claimed: false })).rejects.toMatchObject({ code: 'E_UNMAPPED' });
  const named = { mappings: { ...mappings, server_groups: { g1: { to: second } } } };
  expect(await ensure(one, named)).toMatchObject({ id: second, how: 'adopted' });
  const absent = { mappings: { ...mappings, server_groups: { g1: { to: 'gone' } } } };
  await expect(ensure(one, absent)).rejects.toMatchObject({ code: 'E_UNMAPPED' });
});

test('a group that has servers is not removed, and one without is removed once', async () => {
  const { twin, ensure, remove } = await aPlace([one]);
  const { id } = await ensure(one);
  const hand = await aHand(twin);
  const { flavors } = await hand.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const { id: imageRef } = await hand.ask<{ id: string }>('POST', 'image', '/images', {
    name: 'i',
    disk_format: 'raw',
    container_format: 'bare',
  });
  await hand.session.call({
    method: 'PUT',
    service: 'image',
    path: `/images/${imageRef}/file`,
    content: {
      length: 4,
      open: async function* () {
        yield Buffer.from('disk');
      },
    },
    signal: AbortSignal.timeout(5000),
  });
  const server = { name: 'theirs', imageRef, flavorRef: flavors.find(({ name }) => name === 'm1.tiny')?.id, networks: 'none' };
  const made = await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', {
    server,
    'os:scheduler_hints': { group: id },
  });
  await expect(remove(one, id)).rejects.toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(made.server.id) });
  await hand.ask('DELETE', 'compute', `/servers/${made.server.id}`);
  await expect.poll(() => remove(one, id).catch(() => null)).toBe(true);
  expect(await remove(one, id)).toBe(false);
});

test('a Nova before 2.64 is asked for a list of one policy, and for no rules, which preflight has told', async () => {
  const group = aResource('server_group', { id: 'g1', ...apart, rules: { max_server_per_host: 3 } });
  const { cloud, mappings, ensure, listed } = await aPlace([group], { novaMinor: 60 });
  const { concerns } = await cloud.preflight([group], mappings, AbortSignal.timeout(5000));
  expect(concerns.map(({ code }) => code)).toEqual(['server_group.unsupported_attribute']);
  expect((await ensure(group)).differences.fatal).toEqual([]);
  expect(await listed()).toMatchObject([{ name: 'apart', policies: ['anti-affinity'] }]);
});

test.each([[60], [93]])('a server that is not in its group is told, also by a Nova of minor %i', async (novaMinor) => {
  const twin = await aFurnishedTwin({ novaMinor });
  const campaign = await aCampaign(twin);
  const server = campaign.tenant.get('server');
  await campaign.ensureAll();
  const id = campaign.context(server).built(refOf('server', server.id));
  expect(await campaign.cloud.differences(server, id, campaign.context(server))).toEqual({ fatal: [], told: [] });
  const hand = await aHand(twin);
  const group = campaign.context(server).built(refOf('server_group', campaign.tenant.get('server_group').id));
  await hand.ask('DELETE', 'compute', `/os-server-groups/${group}`);
  const { fatal, told } = await campaign.cloud.differences(server, id, campaign.context(server));
  expect([fatal, told]).toEqual([[], [expect.stringContaining('server_group_id is ')]]);
});

test('groups are listed to the last, though Nova links no next page', async () => {
  const { ensure, make } = await aPlace([one], { pageSize: 2 });
  for (const name of ['a', 'b', 'c', 'd']) await make({ name, policy: 'affinity' });
  const id = await make(apart);
  expect(await ensure(one, { claimed: false })).toMatchObject({ id, how: 'adopted' });
});
