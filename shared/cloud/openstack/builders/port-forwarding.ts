import { canonicalIp } from '../../../ip.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiFloatingIp, ApiPortForwarding } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { createOrFind } from '../session/late.ts';
import { builtOrNull, type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { isStamped, removeNeutron } from './stamped.ts';

/**
 * Port forwardings, found by protocol and external ports in their floating IP, which Neutron lets
 * exist once. Only one that leads to the port we built is ours; in a floating IP that we adopted it
 * MUST have appeared after the ledger's note of its creation, too. The built id names both.
 */
export const portForwarding: Family<'port_forwarding'> = {
  async ensure(site, resource, context) {
    const floating = context.built(refOf('floating_ip', resource.floating_ip_id));
    const found = await findIn(site, floating, resource, context.signal);
    if (found !== null && !isLedTo(found, resource, context)) throw taken(resource);
    if (found !== null) return { id: idIn(floating, found), how: (await isOurs(site, floating, context)) ? 'found' : 'adopted' };
    const port_forwarding = await requestFor(site, resource, context);
    const path = `/floatingips/${floating}/port_forwardings`;
    const made = await createOrFind(
      () => site.send<ApiPortForwarding>('POST', 'network', path, { port_forwarding }, 'port_forwarding', context.signal),
      () => findIn(site, floating, resource, context.signal),
      context.signal,
    );
    return { id: idIn(floating, made), how: 'created' };
  },

  async find(site, resource, context) {
    const floating = builtOrNull(context, refOf('floating_ip', resource.floating_ip_id));
    if (floating === null || !(await isOurs(site, floating, context))) return null;
    const found = await findIn(site, floating, resource, context.signal);
    return found === null || !isLedTo(found, resource, context) ? null : idIn(floating, found);
  },

  async occupied(site, resource, context) {
    const floating = context.built(refOf('floating_ip', resource.floating_ip_id));
    if (await isOurs(site, floating, context)) return false;
    return (await findIn(site, floating, resource, context.signal)) !== null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiPortForwarding>('network', forwardingPath(id), 'port_forwarding', context.signal);
    return is === null ? gone('port forwarding', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, _campaign, patience) {
    const path = forwardingPath(id);
    if ((await site.get('network', path, 'port_forwarding', patience.signal)) === null) return false;
    await removeNeutron(site, path, patience);
    return true;
  },
};

/** Where a port forwarding is read, by its built id. */
export function forwardingPath(id: string): string {
  const [floating = '', forwarding = ''] = id.split('.');
  return `/floatingips/${floating}/port_forwardings/${forwarding}`;
}

function idIn(floating: string, { id }: ApiPortForwarding): string {
  return `${floating}.${id}`;
}

/**
 * Whether a forwarding leads where we lead ours. Without our port it is not ours: Neutron removes
 * the forwardings of a port with it (neutron/services/portforwarding/pf_plugin.py).
 */
function isLedTo(found: ApiPortForwarding, wanted: ResourceOf<'port_forwarding'>, context: BuildContext): boolean {
  const port = builtOrNull(context, refOf('port', wanted.internal_port_id));
  return found.internal_port_id === port && canonicalIp(found.internal_ip_address) === canonicalIp(wanted.internal_ip_address);
}

function taken({ id, name, floating_ip_id }: ResourceOf<'port_forwarding'>): Problem {
  return new Problem('E_CONFLICT', `At the destination ${name} is forwarded to another machine already.`, {
    about: refOf('port_forwarding', id),
    hint: `Remove that port forwarding, or map the floating IP ${floating_ip_id} to another one.`,
  });
}

/** Whether what is in a floating IP is ours: the floating IP is, or the ledger says so. */
async function isOurs(site: Site, floating: string, { campaign, claimed = false, signal }: BuildContext): Promise<boolean> {
  const is = await site.get<ApiFloatingIp>('network', `/floatingips/${floating}`, 'floatingip', signal);
  return is !== null && (isStamped(is, campaign) || claimed);
}

/** What a floating IP forwards. */
export function forwardingsOf(site: Site, floating: string, signal: AbortSignal): Promise<ApiPortForwarding[]> {
  return site.network<ApiPortForwarding>(`/floatingips/${floating}/port_forwardings`, 'port_forwardings', {}, signal);
}

async function findIn(
  site: Site,
  floating: string,
  wanted: ResourceOf<'port_forwarding'>,
  signal: AbortSignal,
): Promise<ApiPortForwarding | null> {
  const all = await forwardingsOf(site, floating, signal);
  return all.find((one) => outsideOf(one) === outsideOf(wanted)) ?? null;
}

type Outside = Pick<ApiPortForwarding, 'protocol' | 'external_port' | 'external_port_range'>;

/** Protocol and external ports, however they are written: `tcp 80:80`. */
export function outsideOf(one: Outside): string {
  const [from, to] = externalPorts(one);
  return `${one.protocol.toLowerCase()} ${from}:${to}`;
}

/** The first and the last external port of a port forwarding. */
export function externalPorts({ external_port: port, external_port_range: range }: Outside): readonly [number, number] {
  const [from, to = from] = (range ?? String(port)).split(':').map(Number);
  return [from ?? 0, to ?? 0];
}
