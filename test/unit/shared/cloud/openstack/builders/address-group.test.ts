import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { parseConfigurations, resourcesOf } from '../../../../../../shared/model/configurations.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

interface Group {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly addresses: readonly string[];
}

async function groupsOf(hand: Hand): Promise<readonly Group[]> {
  return (await hand.ask<{ address_groups: Group[] }>('GET', 'network', '/address-groups')).address_groups;
}

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });

test('an address group carries its stamp at the end of its description until the commit takes it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const group = campaign.tenant.get('address_group');
  const { id } = await campaign.ensure(group);
  const [made] = await groupsOf(hand);
  expect(made).toMatchObject({ id, name: group.name });
  expect(made?.description).toBe(`${group.description} (godwit ${campaign.id} address_group/${group.id})`);
  expect([...(made?.addresses ?? [])].sort()).toEqual([...group.addresses].sort());
  await campaign.cloud.unstamp(refOf('address_group', group.id), id, campaign.id, patience());
  expect((await groupsOf(hand)).map(({ description }) => description)).toEqual([group.description]);
  await campaign.cloud.unstamp(refOf('address_group', group.id), id, campaign.id, patience());
});

test('a description that leaves no room for the stamp is cut, and that is told', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const group = { ...campaign.tenant.get('address_group'), description: 'long '.repeat(50).trim() };
  const built = await campaign.ensure(group);
  expect(built.differences.fatal).toEqual([]);
  expect(built.differences.told.join()).toContain('description is "long long');
});

test('an address group whose answer was lost is found, and its rollback removes every copy and nothing else', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const group = campaign.tenant.get('address_group');
  const address_group = { name: group.name, description: group.description, addresses: group.addresses };
  await hand.ask('POST', 'network', '/address-groups', { address_group });
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { method: 'POST', path: '/address-groups' } }]);
  const { id } = await campaign.ensure(group);
  expect(await groupsOf(hand)).toHaveLength(2);
  const late = { ...address_group, description: (await groupsOf(hand)).find((one) => one.id === id)?.description };
  await hand.ask('POST', 'network', '/address-groups', { address_group: late });
  const remove = () => campaign.cloud.remove(refOf('address_group', group.id), id, campaign.id, patience());
  expect(await remove()).toBe(true);
  expect(await remove()).toBe(false);
  expect((await groupsOf(hand)).map(({ description }) => description)).toEqual([group.description]);
});

test('what appeared a second time is swept away at the commit', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const group = campaign.tenant.get('address_group');
  const { id } = await campaign.ensure(group);
  const [made] = await groupsOf(hand);
  await hand.ask('POST', 'network', '/address-groups', { address_group: { name: group.name, description: made?.description } });
  const built = new Map([[refOf('address_group', group.id), id]]);
  expect(await campaign.cloud.sweep(campaign.id, built, patience())).toBe(1);
  expect((await groupsOf(hand)).map((one) => one.id)).toEqual([id]);
});

test('what the owner made of an address group with another name is not swept away', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const group = campaign.tenant.get('address_group');
  const { id } = await campaign.ensure(group);
  const [made] = await groupsOf(hand);
  await hand.ask('POST', 'network', '/address-groups', { address_group: { name: 'a clone', description: made?.description } });
  const built = new Map([[refOf('address_group', group.id), id]]);
  expect(await campaign.cloud.sweep(campaign.id, built, patience())).toBe(0);
  expect(await groupsOf(hand)).toHaveLength(2);
});

test('a rule that names an address group moves with the group, and a later campaign adopts both', async () => {
  const from = await aFurnishedTwin();
  const there = await aHand(from);
  const wanted = { name: 'offices', description: 'of ours', addresses: ['192.0.2.9/25', '198.51.100.7/32'] };
  const { address_group: group } = await there.ask<{ address_group: Group }>('POST', 'network', '/address-groups', {
    address_group: wanted,
  });
  const { security_group } = await there.ask<{ security_group: { id: string } }>('POST', 'network', '/security-groups', {
    security_group: { name: 'site' },
  });
  const rule = { security_group_id: security_group.id, direction: 'ingress', remote_address_group_id: group.id };
  await there.ask('POST', 'network', '/security-group-rules', { security_group_rule: rule });
  const source = new OpenStackSource(await accessTo(from.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(concerns.map(({ code }) => code)).not.toContain('left_behind.address_groups');
  expect(document.address_groups).toMatchObject([{ ...wanted, addresses: expect.arrayContaining(['192.0.2.0/25']) }]);
  expect(parseConfigurations(JSON.parse(JSON.stringify(document)))).toEqual(document);

  const campaign = await aCampaign(await aFurnishedTwin());
  const resources = resourcesOf(document).filter(({ kind }) => /group/.test(kind));
  const resource = (ref: string) => resources.find(({ kind, id }) => `${kind}/${id}` === ref) ?? never(ref);
  for (const one of resources) {
    const context = { ...campaign.context(one), resource, resources: () => resources };
    const built = await campaign.cloud.ensure(one, context);
    expect(built.how === 'adopted' ? [] : built.differences).toEqual(built.how === 'adopted' ? [] : { fatal: [], told: [] });
    campaign.built.set(refOf(one.kind, one.id), built);
  }
  const to = campaign.built.get(refOf('address_group', group.id))?.id ?? '';
  expect(await campaign.cloud.isThere(refOf('address_group', group.id), to, AbortSignal.timeout(5000))).toBe(true);
  const mappings = {
    ...campaign.tenant.mappings,
    address_groups: { [group.id]: { to } },
    security_groups: { [security_group.id]: { to: campaign.built.get(refOf('security_group', security_group.id))?.id ?? '' } },
  };
  const again = await campaign.cloud.preflight(resources, mappings, AbortSignal.timeout(15_000));
  expect(again.decisions.filter(({ action }) => action !== 'adopt')).toEqual([]);
  expect(again.concerns.map(({ code }) => code)).not.toContain('address_group.differs');
});

test('a rule is never built without its address group where the destination cannot name it', async () => {
  const campaign = await aCampaign(await aFurnishedTwin({ withoutExtensions: ['security-groups-remote-address-group'] }));
  const { id } = campaign.tenant.get('address_group');
  const found = await campaign.cloud.preflight(campaign.tenant.resources, campaign.tenant.mappings, AbortSignal.timeout(15_000));
  const fatal = found.concerns.filter(({ severity }) => severity === 'blocking');
  expect(fatal).toMatchObject([{ code: 'extension.absent', about: `address_group/${id}` }]);
});

test('a project of a cloud without address groups is captured', async () => {
  const twin = await aFurnishedTwin({ withoutExtensions: ['address-group'] });
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(document.address_groups).toEqual([]);
  expect(concerns.find(({ code }) => code === 'left_behind.unread')?.says).not.toContain('address groups');
});

test('a cloud that does not tell its address groups is named', async () => {
  const twin = await aFurnishedTwin();
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'network', path: '/address-groups' } }]);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(concerns.find(({ code }) => code === 'left_behind.unread')?.says).toContain('address groups');
});

function never(ref: string): never {
  throw new Error(`${ref} is not in the document`);
}
