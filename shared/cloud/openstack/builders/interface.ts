import { canonicalIp } from '../../../ip.ts';
import { mappedTo } from '../../../model/mappings.ts';
import { idOf, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { Patience } from '../../patience.ts';
import type { ApiPort, ApiSubnet } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { claiming } from './claim.ts';
import { builtOrNull, type Family, gone } from './family.ts';
import { heldFor, holdAddresses, releaseAddresses, takenBySnat } from './hold.ts';
import { legsOf, read } from './router.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, isStamped, refuseUnstamped, stampedId, sweepLate } from './stamped.ts';

/**
 * A router's interfaces, at their source addresses. One at the subnet's gateway address is added by
 * subnet, which Neutron allows on any network; any other needs its own port first.
 */
export const routerInterface: Family<'interface'> = {
  async ensure(site, resource, context) {
    const router = context.built(refOf('router', resource.router_id));
    await releaseAddresses(site, resource, context);
    const found = await findLeg(site, resource, router, context);
    // On an adopted router only a leg on our own port is ours.
    if (found !== null && isForeign(found, resource, context)) return { id: found.id, how: 'adopted' };
    const leg = found ?? (await attached(site, resource, router, context));
    const isClear = (await takenBySnat(site, router, resource, context)).length === 0;
    const kept = isClear ? leg : await attachedAnew(site, resource, router, leg, context);
    return { id: kept.id, how: found === null ? 'created' : 'found' };
  },

  async find(site, resource, context) {
    const router = builtOrNull(context, refOf('router', resource.router_id));
    if (router === null || builtOrNull(context, refOf('network', resource.network_id)) === null) return null;
    const there = await findLeg(site, resource, router, context);
    const leg = there === null || isForeign(there, resource, context) ? null : there;
    // A port that was created for the interface and never attached is ours too, and so are those
    // that hold addresses.
    const made = leg?.id ?? (await stampedId(site, collections.port, refOf('interface', resource.id), context));
    return made ?? (await heldFor(site, resource, context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiPort>('network', `/ports/${id}`, 'port', context.signal);
    return is === null ? gone('interface', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, campaign, patience, ref) {
    await releaseAddresses(site, { id: idOf(ref) }, { campaign, signal: patience.signal });
    await sweepLate(site, collections.port, id, campaign, patience, ref);
    const port = await site.get<ApiPort>('network', `/ports/${id}`, 'port', patience.signal);
    if (port === null) return false;
    await detach(site, port, campaign, patience);
    return true;
  },
};

/** Whether a leg is of the adopted router itself, and not on a port of ours. */
function isForeign(leg: ApiPort, resource: ResourceOf<'interface'>, context: BuildContext): boolean {
  return isOnAdopted(resource, context) && !isStamped(leg, context.campaign);
}

function isOnAdopted({ router_id }: ResourceOf<'interface'>, { mappings }: BuildContext): boolean {
  return mappedTo(mappings, 'routers', router_id) !== null;
}

async function attached(site: Site, resource: ResourceOf<'interface'>, router: string, context: BuildContext): Promise<ApiPort> {
  const [only, ...others] = resource.fixed_ips;
  const subnetId = only === undefined ? undefined : context.built(refOf('subnet', only.subnet_id));
  // Where the router is not ours, our own port shows at a rollback that the leg is.
  const byGateway =
    !isOnAdopted(resource, context) &&
    only !== undefined &&
    others.length === 0 &&
    (await isGateway(site, subnetId ?? '', only.ip_address, context));
  const addresses = resource.fixed_ips.map((ip) => ip.ip_address);
  const refused = await claiming(site, resource.network_id, addresses, context, async () => {
    const how = byGateway ? { subnet_id: subnetId } : { port_id: await madePort(site, resource, context) };
    return attach(site, router, how, () => findLeg(site, resource, router, context), context.signal);
  });
  const made = await findLeg(site, resource, router, context);
  // A request that is sent again after a lost answer is refused if the first one succeeded.
  if (made === null && refused !== null) throw refused;
  if (made === null)
    throw new Problem('E_CONFLICT', `The router ${router} has no interface at ${addresses.join(', ')}.`, { about: router });
  return made;
}

/**
 * Takes an interface out and puts it back while the addresses that the router's SNAT port took are
 * held: a member may not change that port. A leg that is in use by now stays, and the port that
 * wants the address is refused.
 */
async function attachedAnew(
  site: Site,
  resource: ResourceOf<'interface'>,
  router: string,
  leg: ApiPort,
  context: BuildContext,
): Promise<ApiPort> {
  const { signal } = context;
  const path = `/routers/${router}/remove_router_interface`;
  const call = { method: 'PUT', service: 'network', path, body: { port_id: leg.id }, tolerate: [409], signal } as const;
  if ((await site.session.call(call)).status === 409) return leg;
  await holdAddresses(site, resource, context);
  const again = await attached(site, resource, router, context);
  await releaseAddresses(site, resource, context);
  return again;
}

async function findLeg(
  site: Site,
  resource: ResourceOf<'interface'>,
  router: string,
  context: BuildContext,
): Promise<ApiPort | null> {
  const legs = await legsOf(site, router, context.built(refOf('network', resource.network_id)), context.signal);
  for (const leg of legs) if ((await differencesOf(site, resource, leg, context)).fatal.length === 0) return leg;
  return null;
}

async function isGateway(site: Site, subnetId: string, address: string, { signal }: BuildContext): Promise<boolean> {
  const subnet = await site.get<ApiSubnet>('network', `/subnets/${subnetId}`, 'subnet', signal);
  return subnet?.gateway_ip != null && canonicalIp(subnet.gateway_ip) === canonicalIp(address);
}

async function madePort(site: Site, resource: ResourceOf<'interface'>, context: BuildContext): Promise<string> {
  const attributes = await requestFor(site, resource, context);
  const wanted = { ref: refOf('interface', resource.id), attributes, description: '', tags: [] };
  return (await ensureStamped<ApiPort>(site, collections.port, wanted, context)).thing.id;
}

/**
 * Network API, "Add interface to router". Returns a refusal instead of throwing it, so that the
 * caller decides. A request that is sent again after a lost answer conflicts with its own port:
 * PortInUse (neutron/db/l3_db.py, _check_router_port).
 */
async function attach(
  site: Site,
  router: string,
  how: Readonly<Record<string, unknown>>,
  leg: () => Promise<ApiPort | null>,
  signal: AbortSignal,
): Promise<Problem | null> {
  const path = `/routers/${router}/add_router_interface`;
  try {
    await site.session.call({ method: 'PUT', service: 'network', path, body: how, signal });
    return null;
  } catch (error) {
    if (error instanceof Problem && error.code === 'E_CLOUD_REFUSED') return error;
    if (error instanceof Problem && error.code === 'E_CONFLICT' && (await leg()) !== null) return error;
    throw error;
  }
}

async function detach(site: Site, port: ApiPort, campaign: string, patience: Patience): Promise<void> {
  const { signal } = patience;
  const router = port.device_id === '' ? null : await read(site, port.device_id, signal);
  if (router === null) {
    refuseUnstamped(port, 'port', campaign);
    await site.session.call({ method: 'DELETE', service: 'network', path: `/ports/${port.id}`, mayBeGone: true, signal });
    return;
  }
  if (!isStamped(port, campaign)) refuseUnstamped(router, 'router', campaign);
  const path = `/routers/${router.id}/remove_router_interface`;
  await site.session.call({ method: 'PUT', service: 'network', path, body: { port_id: port.id }, mayBeGone: true, signal });
  // Neutron deletes the port with the interface. A port that we created may remain: delete it.
  await site.session.call({ method: 'DELETE', service: 'network', path: `/ports/${port.id}`, mayBeGone: true, signal });
}
