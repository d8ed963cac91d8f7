import type { ApiPort, ApiSubnet } from '../../../shared/cloud/openstack/api.ts';
import { concernsIn } from '../../../shared/cloud/openstack/preflight/preflight.ts';
import { type DestinationState, viewOf } from '../../../shared/cloud/openstack/preflight/view.ts';
import type { Mappings } from '../../../shared/model/mappings.ts';
import type { Kind, Resource, ResourceOf } from '../../../shared/model/resource.ts';
import type { Tenant } from '../../conformance/tenant.ts';
import type { Situation } from './case.ts';

/** A destination as it was read, and a tenant that is to move there. */
export interface Ground {
  readonly tenant: Tenant;
  readonly destination: DestinationState;
}

/** What is otherwise in a situation. */
export interface Otherwise {
  readonly destination?: Partial<DestinationState>;
  readonly resources?: readonly Resource[];
  readonly mappings?: Partial<Mappings>;
}

/** Makes situations of a preflight: the ground, with something changed. */
export type Look = (what: string, change?: (ground: Ground) => Otherwise) => Situation;

/** Preflight over data that was read once. */
export function lookAt(read: () => Ground): Look {
  return (what, change = () => ({})) => [
    what,
    () => {
      const ground = read();
      const { destination, resources = ground.tenant.resources, mappings } = change(ground);
      const view = viewOf({ ...ground.destination, ...destination }, resources, { ...ground.tenant.mappings, ...mappings });
      return concernsIn(view);
    },
  ];
}

/** The tenant’s resources, those of one kind with other fields (not the external network). */
export function as<K extends Kind>({ tenant }: Ground, kind: K, fields: Partial<ResourceOf<K>>): Resource[] {
  return tenant.resources.map((one) =>
    one.kind === kind && !(one.kind === 'network' && one.external) ? ({ ...one, ...fields } as Resource) : one,
  );
}

/** The tenant’s own network; its other one is external. */
export const inner = ({ tenant }: Ground): ResourceOf<'network'> => tenant.get('network', 1);

/** A port of the network that is adopted. */
export function portThere(address: string, fields: Partial<ApiPort> = {}): ApiPort {
  return {
    id: `at ${address}`,
    project_id: 'p',
    name: '',
    network_id: 'there',
    mac_address: 'fa:16:3e:99:99:99',
    fixed_ips: [{ subnet_id: 's', ip_address: address }],
    device_id: '',
    device_owner: '',
    ...fields,
  } as ApiPort;
}

/** The tenant’s network is mapped to one that has its subnets, with these fields. */
export function adopting(ground: Ground, subnets: Partial<ApiSubnet> = {}, more: Partial<DestinationState> = {}): Otherwise {
  const { destination, tenant } = ground;
  const network = { id: 'there', name: 'there', project_id: destination.projectId, shared: false, mtu: 1400 };
  const own = tenant.resources
    .filter((one): one is Resource & ResourceOf<'subnet'> => one.kind === 'subnet')
    .map(
      (one) =>
        ({ ...one, id: `there-${one.id}`, network_id: 'there', project_id: destination.projectId, ...subnets }) as ApiSubnet,
    );
  return {
    destination: {
      networks: [...destination.networks, network],
      subnets: [...destination.subnets, ...own],
      ...more,
    },
    mappings: { networks: { ...tenant.mappings.networks, [inner(ground).id]: { to: 'there' } } },
  };
}
