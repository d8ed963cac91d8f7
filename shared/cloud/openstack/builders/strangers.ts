import { idOf, kindOf, type Ref, refOf } from '../../../model/resource.ts';
import type { BuiltThings, ForeignPart } from '../../destination-cloud.ts';
import type { ApiFloatingIp, ApiPort, ApiPortForwarding, ApiRouter } from '../api.ts';
import { extensionsOf } from '../attributes/extensions.ts';
import { setsInZones } from '../dns/parts.ts';
import { isRouterLeg } from '../router-leg.ts';
import type { Site } from './site.ts';

/** A thing of the cloud with the id of what it is in. */
interface ListedPart {
  readonly id: string;
  readonly in: string;
  readonly says: string;
}

/** What is looked through: the refs of some built resources of one kind, by their ids there. */
type Owners = ReadonlyMap<string, Ref>;

type ListParts = (site: Site, ids: readonly string[], signal: AbortSignal) => Promise<readonly ListedPart[]>;

/** How the parts of each kind are listed. */
const looks: Partial<Record<ReturnType<typeof kindOf>, readonly ListParts[]>> = {
  network: [
    async (site, ids, signal) => {
      const found = await site.network<ApiPart>('/subnets', 'subnets', { network_id: [...ids] }, signal);
      return found.map((one) => ({ id: one.id, in: one.network_id ?? '', says: `subnet ${one.cidr ?? ''} (${one.id})` }));
    },
  ],
  security_group: [
    async (site, ids, signal) => {
      const query = { security_group_id: [...ids] };
      const found = await site.network<ApiPart>('/security-group-rules', 'security_group_rules', query, signal);
      return found.map((one) => ({ id: one.id, in: one.security_group_id ?? '', says: `${one.direction} rule ${one.id}` }));
    },
  ],
  router: [
    async (site, ids, signal) => {
      const legs = (await portsOf(site, ids, signal)).filter(isRouterLeg);
      return legs.map((one) => ({ id: one.id, in: one.device_id, says: `interface ${addressesOf(one)} (port ${one.id})` }));
    },
  ],
  server: [
    async (site, ids, signal) => {
      const ports = await portsOf(site, ids, signal);
      return ports.map((one) => ({ id: one.id, in: one.device_id, says: `interface ${addressesOf(one)} (port ${one.id})` }));
    },
  ],
  port: [
    async (site, ids, signal) => {
      const found = await site.network<ApiFloatingIp>('/floatingips', 'floatingips', { port_id: [...ids] }, signal);
      return found.map((one) => ({ id: one.id, in: one.port_id ?? '', says: `floating IP ${one.floating_ip_address}` }));
    },
    async (site, ids, signal) => {
      if (!(await site.offers('trunk', signal))) return [];
      const found = await site.network<ApiPart>('/trunks', 'trunks', { port_id: [...ids] }, signal);
      return found.map((one) => ({ id: one.id, in: one.port_id ?? '', says: `trunk ${one.id}` }));
    },
  ],
  floating_ip: [forwardingsOf],
  dns_zone: [setsInZones],
};

/** What the lists of parts have in common, and what some of them have. */
interface ApiPart {
  readonly id: string;
  readonly network_id?: string;
  readonly cidr?: string;
  readonly security_group_id?: string;
  readonly direction?: string;
  readonly port_id?: string;
}

/**
 * What is in some built resources and was not built: one list for all of a kind, which Neutron
 * filters by several ids (API reference, "Filtering and Column Selection").
 */
export async function strangersIn(
  site: Site,
  refs: readonly Ref[],
  things: BuiltThings,
  signal: AbortSignal,
): Promise<ForeignPart[]> {
  const found: ForeignPart[] = [];
  for (const [kind, some] of Map.groupBy(refs, kindOf)) {
    const owners: Owners = new Map(
      some.flatMap((ref): [string, Ref][] => {
        const id = things.idOf(ref);
        return id === null ? [] : [[id, ref]];
      }),
    );
    for (const look of owners.size === 0 ? [] : (looks[kind] ?? []))
      for (const part of await look(site, [...owners.keys()], signal)) {
        const ref = owners.get(part.in);
        if (ref !== undefined && !things.has(part.id)) found.push({ ref, says: part.says });
      }
    if (kind === 'router' && owners.size > 0) found.push(...(await ofRouters(site, owners, things, signal)));
  }
  return found;
}

/** A gateway or routes that a router has and was not given: they have no id of their own. */
async function ofRouters(site: Site, owners: Owners, things: BuiltThings, signal: AbortSignal): Promise<ForeignPart[]> {
  const routers = await site.network<ApiRouter>('/routers', 'routers', { id: [...owners.keys()] }, signal);
  return routers.flatMap(({ id, external_gateway_info: gateway, routes = [] }): ForeignPart[] => {
    const ref = owners.get(id);
    if (ref === undefined) return [];
    const isNew = (kind: 'gateway' | 'routes', has: boolean): boolean => has && things.idOf(refOf(kind, idOf(ref))) === null;
    return [
      ...(isNew('gateway', Boolean(gateway)) ? [{ ref, says: `gateway to network ${gateway?.network_id}` }] : []),
      ...(isNew('routes', routes.length > 0) ? [{ ref, says: 'static routes' }] : []),
    ];
  });
}

function portsOf(site: Site, ids: readonly string[], signal: AbortSignal): Promise<ApiPort[]> {
  return site.network<ApiPort>('/ports', 'ports', { device_id: [...ids] }, signal);
}

function addressesOf({ fixed_ips }: ApiPort): string {
  return fixed_ips.map(({ ip_address }) => ip_address).join(', ') || 'without address';
}

/** Only a floating IP without a port forwards. */
async function forwardingsOf(site: Site, ids: readonly string[], signal: AbortSignal): Promise<readonly ListedPart[]> {
  if (!(await site.offers(extensionsOf.port_forwarding[0], signal))) return [];
  const floating = await site.network<ApiFloatingIp>('/floatingips', 'floatingips', { id: [...ids] }, signal);
  const found: ListedPart[] = [];
  for (const { id, port_id } of floating) {
    if (port_id !== null) continue;
    const path = `/floatingips/${id}/port_forwardings`;
    const all = await site.network<ApiPortForwarding>(path, 'port_forwardings', {}, signal);
    found.push(...all.map((one) => ({ id: `${id}.${one.id}`, in: id, says: `port forwarding ${one.id}` })));
  }
  return found;
}
