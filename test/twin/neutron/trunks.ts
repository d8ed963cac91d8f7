import type { Cloud } from '../cloud.ts';
import { mayUse } from '../policy.ts';
import { badRequest, conflict } from '../refusal.ts';
import { type Call, type Route, route } from '../route.ts';
import { bool, dictionary, integer, listOf, oneOf, readPost, readPut, shape, text, uuid } from './attributes.ts';
import { collectionRoutes, thingOf } from './collection.ts';
import { mustOffer } from './extensions.ts';
import type { Port, Subport, Trunk } from './model.ts';
import { bump, checkQuota, missing, mustOwn, newStandard, standardView } from './standard.ts';

const subport = shape({
  port_id: { check: uuid },
  segmentation_type: { check: oneOf('vlan') },
  segmentation_id: { check: integer(1, 4094) },
});

const attributes = {
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  admin_state_up: { check: bool, fallback: true },
  port_id: { check: uuid, put: false },
  sub_ports: { check: listOf(subport), fallback: [] as Subport[], put: false },
};

function trunkView(trunk: Trunk): Record<string, unknown> {
  return {
    ...standardView(trunk),
    name: trunk.name,
    admin_state_up: trunk.adminStateUp,
    port_id: trunk.portId,
    status: 'DOWN',
    sub_ports: trunk.subports,
  };
}

function portOf({ cloud, caller }: Call, id: string): Port {
  const port = cloud.state.ports.get(id);
  if (port === undefined || !mayUse(caller, port.project)) throw missing.port(id);
  return port;
}

const inUse = (id: string, says: string, type: string) => conflict(`Port ${id} ${says}`, type);

/** neutron/services/trunk/rules.py, TrunkPortValidator: neither a parent nor a subport already. */
function mustBeFree({ state }: Cloud, id: string): void {
  const trunks = [...state.trunks.values()];
  if (trunks.some(({ subports }) => subports.some(({ port_id }) => port_id === id)))
    throw inUse(id, 'is in use by another trunk.', 'TrunkPortInUse');
  if (trunks.some(({ portId }) => portId === id))
    throw inUse(id, 'is currently in use and is not eligible for use as a parent port.', 'ParentPortInUse');
}

/** The driver of Open vSwitch takes no port that is bound (can_trunk_bound_port). */
function checkParent(call: Call, id: string): void {
  const port = portOf(call, id);
  mustBeFree(call.cloud, id);
  if (port.hostId !== '') throw inUse(id, 'is currently in use and is not eligible for use as a parent port.', 'ParentPortInUse');
}

function checkSubports(call: Call, parentId: string, subports: readonly Subport[]): void {
  const mtuOf = (port: Port): number => call.cloud.state.networks.get(port.networkId)?.mtu ?? 0;
  const most = mtuOf(portOf(call, parentId));
  for (const { port_id } of subports) {
    const port = portOf(call, port_id);
    if (port_id === parentId)
      throw inUse(port_id, 'is currently in use and is not eligible for use as a parent port.', 'ParentPortInUse');
    if (mtuOf(port) > most)
      throw conflict(
        `MTU ${mtuOf(port)} of subport ${port_id} cannot be greater than MTU ${most} of trunk ${parentId}.`,
        'SubPortMtuGreaterThanTrunkPortMtu',
      );
    mustBeFree(call.cloud, port_id);
    if (port.deviceId !== '')
      throw inUse(port_id, `on network ${port.networkId} is in use by device ${port.deviceId}.`, 'PortInUse');
  }
}

/** Takes subports; the driver writes their owner (neutron/services/trunk/rpc/server.py). */
function take({ cloud }: Call, trunk: Trunk, subports: readonly Subport[]): void {
  const all = [...trunk.subports, ...subports];
  if (new Set(all.map(({ segmentation_id }) => segmentation_id)).size < all.length)
    throw badRequest('Duplicate segmentation on subports.', 'DuplicateSubPort');
  trunk.subports = all;
  for (const { port_id } of subports) {
    const port = cloud.state.ports.get(port_id);
    if (port !== undefined) port.deviceOwner = 'trunk:subport';
  }
}

function mustBeUp(trunk: Trunk): void {
  if (!trunk.adminStateUp) throw conflict(`Trunk ${trunk.id} is currently disabled.`, 'TrunkDisabled');
}

function makeTrunk(call: Call, given: Record<string, unknown>): Trunk {
  const { cloud, caller } = call;
  mustOffer(cloud, 'trunk');
  const { projectId, values } = readPost(caller, 'create_trunk', attributes, given);
  checkParent(call, values.port_id);
  checkSubports(call, values.port_id, values.sub_ports);
  checkQuota(cloud, projectId, 'trunk');
  const trunk: Trunk = {
    ...newStandard(projectId, values.description),
    name: values.name,
    adminStateUp: values.admin_state_up,
    portId: values.port_id,
    subports: [],
  };
  take(call, trunk, values.sub_ports);
  cloud.state.trunks.set(trunk.id, trunk);
  cloud.changed();
  return trunk;
}

function removeTrunk({ cloud: { state } }: Call, trunk: Trunk): void {
  mustBeUp(trunk);
  if (state.ports.get(trunk.portId)?.hostId) throw conflict(`Trunk ${trunk.id} is currently in use.`, 'TrunkInUse');
  for (const { port_id } of trunk.subports) {
    const port = state.ports.get(port_id);
    if (port !== undefined) port.deviceOwner = '';
  }
  state.trunks.delete(trunk.id);
}

/** Refuses to delete a port that a trunk has (enforce_port_deletion_rules). */
export function mustHaveNoTrunk({ state }: Cloud, { id }: Port): void {
  for (const trunk of state.trunks.values()) {
    if (trunk.subports.some(({ port_id }) => port_id === id))
      throw inUse(id, `is currently a subport for trunk ${trunk.id}.`, 'PortInUseAsSubPort');
    if (trunk.portId === id) throw inUse(id, `is currently a parent port for trunk ${trunk.id}.`, 'PortInUseAsTrunkParent');
  }
}

/** What a port shows of its trunk (neutron/extensions, `trunk-details`); nothing without one. */
export function trunkDetails({ state }: Cloud, { id }: Port): object {
  const trunk = [...state.trunks.values()].find(({ portId }) => portId === id);
  if (trunk === undefined) return {};
  const sub_ports = trunk.subports.map((one) => ({ ...one, mac_address: state.ports.get(one.port_id)?.macAddress }));
  return { trunk_details: { trunk_id: trunk.id, sub_ports } };
}

const collection = {
  one: 'trunk',
  many: 'trunks',
  things: ({ cloud }: Call) => {
    mustOffer(cloud, 'trunk');
    return cloud.state.trunks;
  },
  none: missing.trunk,
  view: (_: Call, trunk: Trunk) => trunkView(trunk),
  attributes,
  filters: ['status'],
  make: makeTrunk,
  change: ({ cloud, caller }: Call, trunk: Trunk, given: Record<string, unknown>) => {
    const values = readPut(caller, 'update_trunk', attributes, given);
    trunk.name = values.name ?? trunk.name;
    trunk.description = values.description ?? trunk.description;
    trunk.adminStateUp = values.admin_state_up ?? trunk.adminStateUp;
    bump(cloud, trunk);
  },
  remove: removeTrunk,
};

/** Trunks (neutron/services/trunk/plugin.py), with a driver as that of Open vSwitch. */
export const trunkRoutes: readonly Route[] = [
  ...collectionRoutes<Trunk>(collection),
  route('network', 'PUT', '/v2.0/trunks/:id/add_subports', (call) => {
    const trunk = thingOf(collection, call);
    mustOwn(call, trunk, 'add_subports');
    mustBeUp(trunk);
    const subports = listOf(subport)(dictionary(call.body, 'sub_ports')['sub_ports'], 'sub_ports');
    checkSubports(call, trunk.portId, subports);
    take(call, trunk, subports);
    bump(call.cloud, trunk);
    return { status: 200, body: trunkView(trunk) };
  }),
];
