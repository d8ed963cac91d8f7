import { type Kind, type ResourceOf, schemas } from '../../../model/resource.ts';
import type { LoneState, Recaptured } from '../../source-cloud.ts';
import type { ApiFloatingIp, ApiPort, ApiThing } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { generationOfImage, mustReadImage } from '../images/stored.ts';
import { mustReadServer } from '../servers/server-state.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { bootsFromVolume, describeAttachments, readAttachments } from '../volumes/attachments.ts';
import { generationOf, isFree, mustReadVolume } from '../volumes/free.ts';
import { readOf } from '../volumes/read.ts';
import { describeOwnImage } from './own-images.ts';
import { bareFlavorOf } from './server.ts';
import { unseenInterfaces } from './unseen-interfaces.ts';
import { describeVolume } from './volumes.ts';

/**
 * Reads one server again with its ports and floating IPs in two round trips, and its volumes in
 * a third: the whole project is too much while the server is stopped. Throws E_NOT_FOUND.
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
  const groups = [...new Set(ports.flatMap((port) => port.security_groups ?? []))];
  const [seen, floatingIps, attachments] = await Promise.all([
    groups.length === 0 ? [] : list<{ readonly id: string }>('/security-groups', 'security_groups', { id: groups, fields: 'id' }),
    ports.length === 0
      ? []
      : list<ApiFloatingIp>('/floatingips', 'floatingips', {
          port_id: ports.map((port) => port.id),
          project_id: server.tenant_id,
        }),
    readAttachments(session, server, signal),
  ]);
  const volumes = await Promise.all(attachments.map(({ volumeId }) => readOf(session, 'volume', volumeId, signal)));
  const flavor = bareFlavorOf(server);
  const { extra_specs } = server.flavor;
  return {
    server: read(
      'server',
      describe('server', server, {
        flavor_id: flavor.id,
        vcpus: flavor.vcpus,
        memory_mib: flavor.ram,
        ports: ports.map((port) => port.id),
        volumes: describeAttachments(server, attachments),
        image_id: bootsFromVolume(server) || !server.image ? null : server.image.id,
      }),
    ),
    flavor: read('flavor', flavor),
    areSpecsKnown: extra_specs !== undefined,
    unseen: unseenInterfaces(server, ports),
    ports: ports.map((port) => {
      const readable = (port.security_groups ?? []).filter((group) => seen.some((one) => one.id === group));
      return read('port', describe('port', port, { security_groups: readable }));
    }),
    floatingIps: floatingIps.map((ip) => read('floating_ip', describe('floating_ip', ip, { name: ip.floating_ip_address }))),
    volumes: volumes.flatMap((one) =>
      one === null ? [] : read('volume', describeVolume(one, server, { volumeTypes: [] }).volume),
    ),
  };
}

/** Reads a volume that no server had when it was captured. Throws E_NOT_FOUND. */
export async function recaptureVolume(session: CloudSession, id: string, signal: AbortSignal): Promise<LoneState> {
  const is = await mustReadVolume(session, id, signal);
  const { volume } = describeVolume(is, is, { volumeTypes: [] });
  return { resource: read('volume', volume), isFree: isFree(is), word: is.status, generation: generationOf(is) };
}

/** Reads an image of the project. Throws E_NOT_FOUND. */
export async function recaptureImage(session: CloudSession, id: string, signal: AbortSignal): Promise<LoneState> {
  const is = await mustReadImage(session, id, signal);
  const { image } = describeOwnImage(is);
  const isActive = is.status === 'active';
  return { resource: read('image', image), isFree: isActive, word: is.status, generation: generationOfImage(is) };
}

/** A resource as a document holds it, with the defaults of what its cloud leaves out. */
function read<K extends Kind>(kind: K, resource: ResourceOf<K>): ResourceOf<K> {
  return { kind, ...schemas[kind].parse(resource) } as unknown as ResourceOf<K>;
}
