import { freedOfPolicy } from '../../../model/qos-user.ts';
import { idOf, type Kind, type Ref, type ResourceOf, schemas } from '../../../model/resource.ts';
import { snapshotIn } from '../../../model/snapshot-volumes.ts';
import type { LoneState, Recaptured } from '../../source-cloud.ts';
import type { ApiFloatingIp, ApiPort, ApiThing, ApiTrunk } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { readMembers } from '../images/members.ts';
import { generationOfImage, mustReadImage } from '../images/stored.ts';
import { mustReadServer } from '../servers/server-state.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { bootsFromVolume, describeAttachments, readAttachments } from '../volumes/attachments.ts';
import { generationOf, isFree, mustReadVolume } from '../volumes/free.ts';
import { mustReadSnapshot } from '../volumes/kept-snapshot.ts';
import { readOf } from '../volumes/read.ts';
import { describeFlattened } from './flattened.ts';
import { readForwardings } from './forwardings.ts';
import { listOptional } from './optional.ts';
import { describeOwnImage } from './own-images.ts';
import { forwardingOf } from './resources.ts';
import { bareFlavorOf } from './server.ts';
import { unseenInterfaces } from './unseen-interfaces.ts';
import { describeVolume } from './volumes.ts';

/**
 * Reads one server again with its ports, trunks and floating IPs in two round trips; its volumes,
 * subports and port forwardings in a third: the whole project is too much while the server is
 * stopped. Throws E_NOT_FOUND.
 */
export async function recapture(session: CloudSession, id: string, signal: AbortSignal): Promise<Recaptured> {
  const list = <T extends ApiThing>(
    path: string,
    key: string,
    query: Readonly<Record<string, string | string[]>>,
  ): Promise<T[]> => listAll<T>(session, { service: 'network', path, key, query }, signal);
  const [server, ports] = await Promise.all([
    mustReadServer(session, id, signal),
    list<ApiPort>('/ports', 'ports', { device_id: id }),
  ]);
  const portIds = ports.map((port) => port.id);
  const described = async (some: readonly ApiPort[]): Promise<ResourceOf<'port'>[]> => {
    const groups = [...new Set(some.flatMap((port) => port.security_groups ?? []))];
    const query = { id: groups, fields: 'id' };
    const seen = groups.length === 0 ? [] : await list<{ readonly id: string }>('/security-groups', 'security_groups', query);
    return some.map((port) => {
      const readable = (port.security_groups ?? []).filter((group) => seen.some((one) => one.id === group));
      return read('port', describe('port', port, { security_groups: readable }));
    });
  };
  const [own, trunks, floatingIps, attachments] = await Promise.all([
    described(ports),
    ports.length === 0 ? [] : listOptional<ApiTrunk>(session, '/trunks', 'trunks', { port_id: portIds }, signal),
    // Those without a port, too: one of them may forward to a port of the server.
    ports.length === 0 ? [] : list<ApiFloatingIp>('/floatingips', 'floatingips', { project_id: server.tenant_id }),
    readAttachments(session, server, signal),
  ]);
  const subportIds = (trunks ?? []).flatMap(({ sub_ports }) => sub_ports.map(({ port_id }) => port_id));
  const plugged = new Set([...portIds, ...subportIds]);
  const [subports, forwardings, volumes] = await Promise.all([
    subportIds.length === 0 ? [] : list<ApiPort>('/ports', 'ports', { id: subportIds }).then(asSubports).then(described),
    readForwardings(session, floatingIps.filter(mayForward), signal),
    Promise.all(attachments.map(({ volumeId }) => readOf(session, 'volume', volumeId, signal))),
  ]);
  const served = floatingIps
    .filter(({ port_id }) => port_id !== null && plugged.has(port_id))
    .map((ip) => read('floating_ip', describe('floating_ip', ip, { name: ip.floating_ip_address })));
  const policies = await seenPolicies(session, [...own, ...subports, ...served], signal);
  const isSeen = (policy: Ref): boolean => policies.has(idOf(policy));
  const flavor = bareFlavorOf(server);
  const { extra_specs } = server.flavor;
  return {
    server: read(
      'server',
      describe('server', server, {
        flavor_id: flavor.id,
        vcpus: flavor.vcpus,
        memory_mib: flavor.ram,
        ports: portIds,
        volumes: describeAttachments(server, attachments),
        image_id: bootsFromVolume(server) || !server.image ? null : server.image.id,
      }),
    ),
    flavor: read('flavor', flavor),
    areSpecsKnown: extra_specs !== undefined,
    unseen: unseenInterfaces(server, ports),
    ports: [...own, ...subports].map((port) => freedOfPolicy(port, isSeen)),
    trunks: (trunks ?? []).map((one) => read('trunk', describe('trunk', one))),
    floatingIps: served.map((ip) => freedOfPolicy(ip, isSeen)),
    forwardings: (forwardings ?? [])
      .filter(({ answer }) => plugged.has(answer.internal_port_id))
      .map((one) => read('port_forwarding', forwardingOf(one))),
    volumes: volumes.flatMap((one) =>
      one === null ? [] : read('volume', describeVolume(one, server, { volumeTypes: [] }).volume),
    ),
    holders: volumes.flatMap((one) =>
      one === null ? [] : { volume: one.id, servers: one.attachments.map(({ server_id }) => server_id) },
    ),
  };
}

/** Which of the QoS policies of ports and floating IPs can be read: the others are not captured. */
async function seenPolicies(
  session: CloudSession,
  users: readonly { readonly qos_policy_id?: string | null }[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(users.flatMap(({ qos_policy_id: id }) => id ?? []))];
  const query = { id: ids, fields: 'id' };
  const seen = ids.length === 0 ? [] : await listOptional<{ id: string }>(session, '/qos/policies', 'policies', query, signal);
  return new Set((seen ?? []).map(({ id }) => id));
}

/** The ports of subports as a capture has them: some drivers write the trunk into their device. */
function asSubports(ports: readonly ApiPort[]): ApiPort[] {
  return ports.map((port) => ({ ...port, device_id: '' }));
}

/**
 * Whether a floating IP may forward ports: one that does has a router and no port
 * (neutron/services/portforwarding/pf_plugin.py, create_floatingip_port_forwarding).
 */
function mayForward({ port_id, router_id }: ApiFloatingIp): boolean {
  return port_id === null && router_id !== null;
}

/**
 * Reads a volume that no server had when it was captured, or a snapshot that becomes a volume.
 * Throws E_NOT_FOUND.
 */
export async function recaptureVolume(session: CloudSession, id: string, signal: AbortSignal): Promise<LoneState> {
  const snapshot = snapshotIn(id);
  if (snapshot !== null) return recaptureSnapshot(session, snapshot, signal);
  const is = await mustReadVolume(session, id, signal);
  const { volume } = describeVolume(is, is, { volumeTypes: [] });
  return { resource: read('volume', volume), isFree: isFree(is), word: is.status, generation: generationOf(is) };
}

/** The bytes of a snapshot never change: it is itself as long as it is there. */
async function recaptureSnapshot(session: CloudSession, id: string, signal: AbortSignal): Promise<LoneState> {
  const is = await mustReadSnapshot(session, id, signal);
  const source = await mustReadVolume(session, is.volume_id, signal);
  const { volume } = describeFlattened(is, source, { volumeTypes: [] });
  const isFree = is.status === 'available';
  return { resource: read('volume', volume), isFree, word: is.status, generation: is.created_at ?? '' };
}

/** Reads an image of the project. Throws E_NOT_FOUND. */
export async function recaptureImage(session: CloudSession, id: string, signal: AbortSignal): Promise<LoneState> {
  const is = await mustReadImage(session, id, signal);
  const { image } = describeOwnImage(is, await readMembers(session, is, signal));
  const isActive = is.status === 'active';
  return { resource: read('image', image), isFree: isActive, word: is.status, generation: generationOfImage(is) };
}

/** A resource as a document holds it, with the defaults of what its cloud leaves out. */
function read<K extends Kind>(kind: K, resource: ResourceOf<K>): ResourceOf<K> {
  return { kind, ...schemas[kind].parse(resource) } as unknown as ResourceOf<K>;
}
