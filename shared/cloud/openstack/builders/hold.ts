import { canonicalIp } from '../../../ip.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiPort } from '../api.ts';
import { isAutomatic } from '../attributes/port.ts';
import { descriptionStamp } from '../stamp.ts';
import { servedOwner } from './port.ts';
import type { Site } from './site.ts';

type Leg = ResourceOf<'interface'>;

/** The port that a distributed router has in each subnet, at any free address. */
const snatOwner = 'network:router_centralized_snat';

/**
 * The addresses of the document's ports that the router's SNAT port took before those ports are
 * built, on a network of ours or on an adopted one (neutron/db/l3_dvr_db.py,
 * _add_csnat_router_interface_port).
 */
export async function takenBySnat(site: Site, router: string, leg: Leg, context: BuildContext): Promise<readonly string[]> {
  const network_id = context.built(refOf('network', leg.network_id));
  const query = { network_id, device_owner: snatOwner };
  const ports = await site.network<ApiPort>('/ports', 'ports', query, context.signal);
  const wanted = new Set(wantedOn(leg, context).map(({ ip_address }) => canonicalIp(ip_address)));
  return ports
    .filter(({ device_id }) => device_id === router)
    .flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => canonicalIp(ip_address)))
    .filter((address) => wanted.has(address));
}

/** The addresses of ports that are built later, in the subnets of a router's interface. */
function wantedOn(leg: Leg, context: BuildContext): ResourceOf<'port'>['fixed_ips'] {
  const subnets = new Set(leg.fixed_ips.map(({ subnet_id }) => subnet_id));
  const ports = context.resources().flatMap((one) => (one.kind === 'port' && one.network_id === leg.network_id ? one : []));
  return ports.flatMap(({ fixed_ips }) => fixed_ips.filter(({ subnet_id }) => subnets.has(subnet_id)));
}

/** Holds the addresses of the ports that are built later, each with a port of our own. */
export async function holdAddresses(site: Site, leg: Leg, context: BuildContext): Promise<void> {
  const network_id = context.built(refOf('network', leg.network_id));
  const there = await site.network<ApiPort>('/ports', 'ports', { network_id }, context.signal);
  const used = new Set(there.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => canonicalIp(ip_address))));
  const ports = wantedOn(leg, context)
    .filter(({ subnet_id, ip_address }) => !used.has(canonicalIp(ip_address)) && !isAutomatic(subnet_id, context))
    .map(({ subnet_id, ip_address }) => {
      const device_owner = servedOwner([{ subnet_id }], context);
      return {
        network_id,
        description: descriptionOf(leg, context),
        admin_state_up: false,
        security_groups: [],
        fixed_ips: [{ subnet_id: context.built(refOf('subnet', subnet_id)), ip_address }],
        ...(device_owner === undefined ? {} : { device_owner }),
      };
    });
  if (ports.length > 0) await site.send('POST', 'network', '/ports', { ports }, 'ports', context.signal);
}

/** Deletes the ports that hold addresses for an interface, also those of an earlier attempt. */
export async function releaseAddresses(
  site: Site,
  leg: Pick<Leg, 'id'>,
  context: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<void> {
  const { signal } = context;
  for (const { id } of await heldFor(site, leg, context))
    await site.session.call({ method: 'DELETE', service: 'network', path: `/ports/${id}`, tolerate: [404], signal });
}

/** The ports that hold addresses for an interface. */
export async function heldFor(
  site: Site,
  leg: Pick<Leg, 'id'>,
  context: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<readonly ApiPort[]> {
  const { signal } = context;
  const description = descriptionOf(leg, context);
  const query = { project_id: await site.projectId(signal), description };
  const ports = await site.network<ApiPort>('/ports', 'ports', query, signal);
  return ports.filter((port) => port['description'] === description);
}

function descriptionOf({ id }: Pick<Leg, 'id'>, { campaign }: Pick<BuildContext, 'campaign'>): string {
  return `${descriptionStamp(campaign, refOf('interface', id))} holds an address`;
}
