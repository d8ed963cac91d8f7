import { type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiPort, ApiThing } from '../api.ts';
import { takes } from '../attributes/attribute.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { tables } from '../attributes/tables.ts';
import { claiming } from './claim.ts';
import { adoptedAsMapped } from './existing.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, removeStamped, stampedId } from './stamped.ts';

/** Ports of servers: the same MAC and the same addresses, on networks we created or adopted. */
export const port: Family<'port'> = {
  async ensure(site, resource, context) {
    const adopted = await adoptedAsMapped(site, 'ports', resource, context);
    if (adopted !== null) return adopted;
    const { dns_name, ...others } = await requestFor(site, resource, context);
    const isKept = dns_name !== undefined && (await isHostName(site, resource, context));
    const device_owner = others['device_owner'] ?? servedOwner(resource.fixed_ips, context);
    const attributes = { ...others, ...(isKept ? { dns_name } : {}), ...(device_owner === undefined ? {} : { device_owner }) };
    const wanted = { ref: refOf('port', resource.id), attributes, description: resource.description, tags: resource.tags };
    const addresses = resource.fixed_ips.map((ip) => ip.ip_address);
    const { thing, how } = await claiming(site, resource.network_id, addresses, context, () =>
      ensureStamped<ApiPort>(site, collections.port, wanted, context),
    );
    return { id: thing.id, how, detail: { address: thing.fixed_ips.map(({ ip_address }) => ip_address).join(' ') } };
  },

  find: (site, resource, context) => stampedId(site, collections.port, refOf('port', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiPort>('network', `/ports/${id}`, 'port', context.signal);
    if (is === null) return gone('port', id);
    return differencesOf(site, resource, withoutNovasName(is, resource, context), context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.port, id, campaign, patience, ref),
};

/** What Nova named by the server is as it was: a port without a name of its own. */
function withoutNovasName(is: ApiPort, { id, dns_name }: ResourceOf<'port'>, context: BuildContext): ApiPort & ApiThing {
  if (dns_name !== '' || (is['dns_name'] ?? '') === '') return is;
  const server = context.resources().find((one) => one.kind === 'server' && one.ports.includes(id));
  return server?.kind === 'server' && is['dns_name'] === server.hostname ? { ...is, dns_name: '' } : is;
}

/**
 * Whether a port's DNS name is the host name that its server will have. Nova refuses a port with
 * another one, and gives a port without one the host name (nova/network/neutron.py).
 */
async function isHostName(site: Site, { id, dns_name }: ResourceOf<'port'>, context: BuildContext): Promise<boolean> {
  const server = context.resources().find((one) => one.kind === 'server' && one.ports.includes(id));
  if (server?.kind !== 'server') return true;
  const row = tables.server.find(({ field }) => field === 'hostname');
  return row !== undefined && dns_name === server.hostname && (await takes(site, row, server.hostname, context.signal));
}

/**
 * The owner without which a port of a server gets no address: its subnets may serve only the ports
 * of some (neutron/objects/subnet.py, SubnetServiceType.query_filter_service_subnets). Nova writes
 * its own when it plugs the port in.
 */
export function servedOwner(
  addresses: readonly { readonly subnet_id: string }[],
  context: Pick<BuildContext, 'resource'>,
): string | undefined {
  return ownerServed(
    addresses.map(({ subnet_id }) => {
      const subnet: Resource = context.resource(refOf('subnet', subnet_id));
      return subnet.kind === 'subnet' ? subnet.service_types : [];
    }),
  );
}

/** The first owner of a server's port that all subnets serve; an empty list serves any owner. */
export function ownerServed(subnets: readonly (readonly string[])[]): string | undefined {
  const [first, ...others] = subnets.filter((types) => types.length > 0);
  return first?.find((type) => type.startsWith('compute:') && others.every((types) => types.includes(type)));
}
