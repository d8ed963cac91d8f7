import { inParallel } from '../../../concurrency/parallel.ts';
import type { ApiServer } from '../api.ts';
import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** The tags of a server's interfaces, by the port. */
export type PortTags = Readonly<Record<string, string>>;

/** The first microversion that tells tags. Compute API, "List Port Interfaces". */
export const tagged = '2.70';

/** Servers that are asked at once: Nova asks Neutron for each. */
const width = 4;

/**
 * Reads the tags by which guests know their interfaces (Nova's "device tagging"), of each server
 * that has some. Nova tells them beside the server alone. Null where it does not tell them.
 */
export async function readPortTags(
  session: CloudSession,
  servers: readonly ApiServer[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PortTags> | null> {
  const found = new Map<string, PortTags>();
  const plugged = servers.filter(({ addresses }) => Object.keys(addresses).length > 0);
  if (plugged.length === 0) return found;
  if (!(await session.knows(tagged, signal))) return null;
  let isTold = true;
  await inParallel(plugged, width, async ({ id }) => {
    const tags = await tagsOfPorts(session, id, signal);
    if (tags === null) isTold = false;
    else if (Object.keys(tags).length > 0) found.set(id, tags);
  });
  return isTold ? found : null;
}

/** The tags of one server's interfaces; null where a policy hides them, or the server is gone. */
export async function tagsOfPorts(session: CloudSession, serverId: string, signal: AbortSignal): Promise<PortTags | null> {
  interface Interface {
    readonly port_id: string;
    readonly tag?: string | null;
  }
  const path = `/servers/${encodeURIComponent(serverId)}/os-interface`;
  const call = { method: 'GET', service: 'compute', path, tolerate: [403, 404], signal } as const;
  const { status, body } = await session.call(call);
  if (status !== 200) return null;
  const all = partOf<readonly Interface[]>(body, 'interfaceAttachments', `GET ${path}`);
  return Object.fromEntries(all.flatMap(({ port_id, tag }) => (tag ? [[port_id, tag]] : [])));
}
