import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Call, type Route, route } from '../route.ts';
import { dictionary, listOf, prefix, readPost, readPut, text } from './attributes.ts';
import { collectionRoutes, thingOf } from './collection.ts';
import { mustOffer } from './extensions.ts';
import { networkOf, type Prefix, readPrefix, writePrefix } from './ip.ts';
import type { AddressGroup } from './model.ts';
import { bump, missing, mustOwn, newStandard, standardView } from './standard.ts';

const attributes = {
  name: { check: text(), fallback: '' },
  // neutron_lib allows 1024 characters, the table of standard attributes 255.
  description: { check: text(), fallback: '' },
  addresses: { check: listOf(prefix), fallback: [] as string[], put: false },
};

/** Without host bits, and once (neutron/db/address_group_db.py, _process_requested_addresses). */
function normalized(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map((one) => writePrefix(networkOf(readPrefix(one) as Prefix))))];
}

function groupView(group: AddressGroup): Record<string, unknown> {
  // Address groups have standard attributes, and no tags (neutron/db/models/address_group.py).
  const { tags: _none, ...standard } = standardView(group);
  return { ...standard, name: group.name, addresses: group.addresses };
}

function makeGroup({ cloud, caller }: Call, given: Record<string, unknown>): AddressGroup {
  const { projectId, values } = readPost(caller, 'create_address_group', attributes, given);
  const group: AddressGroup = {
    ...newStandard(projectId, values.description),
    name: values.name,
    addresses: normalized(values.addresses),
  };
  cloud.state.addressGroups.set(group.id, group);
  cloud.changed();
  return group;
}

function changeGroup({ cloud, caller }: Call, group: AddressGroup, given: Record<string, unknown>): void {
  const values = readPut(caller, 'update_address_group', attributes, given);
  group.name = values.name ?? group.name;
  group.description = values.description ?? group.description;
  bump(cloud, group);
}

function removeGroup({ cloud: { state } }: Call, { id }: AddressGroup): void {
  if ([...state.rules.values()].some((rule) => rule.remoteAddressGroupId === id))
    throw conflict(`Address group ${id} is in use on one or more security group rules.`, 'AddressGroupInUse');
  state.addressGroups.delete(id);
}

const collection = {
  one: 'address_group',
  many: 'address_groups',
  things: (call: Call) => {
    mustOffer(call.cloud, 'address-group');
    return call.cloud.state.addressGroups;
  },
  none: missing.addressGroup,
  view: (_: Call, group: AddressGroup) => groupView(group),
  attributes,
  filters: [],
  make: (call: Call, given: Record<string, unknown>) => {
    mustOffer(call.cloud, 'address-group');
    return makeGroup(call, given);
  },
  change: changeGroup,
  remove: removeGroup,
};

function changeAddresses(
  verb: 'add' | 'remove',
  change: (is: readonly string[], asked: readonly string[], id: string) => readonly string[],
): Route {
  return route('network', 'PUT', `/v2.0/address-groups/:id/${verb}_addresses`, (call) => {
    const group = thingOf(collection, call);
    mustOwn(call, group, 'update_address_group');
    const sent = dictionary(call.body, 'addresses')['addresses'];
    group.addresses = change(group.addresses, normalized(listOf(prefix)(sent, 'addresses')), group.id);
    bump(call.cloud, group);
    return { status: 200, body: { address_group: groupView(group) } };
  });
}

/** Address groups (neutron/db/address_group_db.py). */
export const addressGroupRoutes: readonly Route[] = [
  ...collectionRoutes<AddressGroup>(collection),
  changeAddresses('add', (is, asked, id) => {
    const twice = asked.filter((one) => is.includes(one));
    if (twice.length > 0)
      throw badRequest(`Addresses ${twice.join(', ')} already exist in the address group ${id}.`, 'AddressesAlreadyExist');
    return [...is, ...asked];
  }),
  changeAddresses('remove', (is, asked, id) => {
    const none = asked.filter((one) => !is.includes(one));
    if (none.length > 0)
      throw notFound(`Addresses ${none.join(', ')} not found in the address group ${id}.`, 'AddressesNotFound');
    return is.filter((one) => !asked.includes(one));
  }),
];
