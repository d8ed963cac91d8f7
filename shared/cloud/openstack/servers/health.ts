import { answerOf, isNetworkProbe } from '../../../probe/answer.ts';
import { isUnrouted } from '../../../probe/unrouted.ts';
import { Problem } from '../../../problem.ts';
import type { Health } from '../../destination-cloud.ts';
import type { ApiServer } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { readServer } from './server-state.ts';

/** How long one address may take to answer a probe: milliseconds. */
const probeMs = 5000;

/**
 * The states of a server that is not there for its owner (Compute API guide, "Server concepts");
 * Nova keeps a deleted one for a while where it is told to.
 */
const lostIn: ReadonlySet<string> = new Set(['ERROR', 'DELETED', 'SOFT_DELETED']);

/**
 * Looks once whether a server runs and, with a probe (`tcp:PORT`, `http:PORT/PATH`, `ping`,
 * `console:TEXT`), answers at any of its addresses.
 */
export async function lookAt(session: CloudSession, id: string, probe: string | undefined, signal: AbortSignal): Promise<Health> {
  const server = await readServer(session, id, signal);
  if (server === null) return { healthy: false, says: `There is no server ${id}.`, lost: true };
  // Nova shows a server that is being deleted in its former state (nova/compute/task_states.py).
  if (/^(soft-)?deleting$/.test(server['OS-EXT-STS:task_state'] ?? ''))
    return { healthy: false, says: 'The server is being deleted.', lost: true };
  if (server.status !== 'ACTIVE') {
    const fault = server.fault?.message === undefined ? '' : `: ${server.fault.message}`;
    return { healthy: false, says: `The server is ${server.status}${fault}.`, lost: lostIn.has(server.status) };
  }
  if (probe === undefined) return { healthy: true, says: 'The server is ACTIVE.' };
  if (!isNetworkProbe(probe)) return lookAtConsole(session, id, probe.slice('console:'.length), signal);
  const all = addressesOf(server);
  const addresses = all.filter((address) => !isUnrouted(address));
  if (addresses.length === 0) return { healthy: false, says: whyNotProbed(all) };
  const answers = await Promise.all(addresses.map((address) => answerOf(probe, address, probeMs, signal)));
  const good = answers.find((answer) => answer.good);
  if (good !== undefined) return { healthy: true, says: good.says };
  return { healthy: false, says: answers.map((answer) => answer.says).join('; ') };
}

function whyNotProbed(addresses: readonly string[]): string {
  if (addresses.length === 0) return 'The server has no address to probe.';
  return `Nothing is probed at ${addresses.join(', ')}: there is the machine that probes, or its own link, and no server.`;
}

/** Floating addresses first, because a controller outside the cloud can reach only those. */
function addressesOf(server: ApiServer): string[] {
  const all = Object.values(server.addresses).flat();
  const rank = (type: string | undefined): number => (type === 'floating' ? 0 : 1);
  return all.sort((a, b) => rank(a['OS-EXT-IPS:type']) - rank(b['OS-EXT-IPS:type'])).map((entry) => entry.addr);
}

/**
 * Compute API, "Show console output"; the last lines are enough, because the text is awaited again
 * and again.
 */
async function lookAtConsole(session: CloudSession, id: string, text: string, signal: AbortSignal): Promise<Health> {
  const body = { 'os-getConsoleOutput': { length: 1000 } };
  try {
    const answer = await session.call({ method: 'POST', service: 'compute', path: `/servers/${id}/action`, body, signal });
    const found = ((answer.body as { output?: string } | null)?.output ?? '').includes(text);
    return { healthy: found, says: found ? `The console says ${text}.` : `The console does not say ${text} yet.` };
  } catch (error) {
    if (error instanceof Problem && error.code === 'E_CANCELLED') throw error;
    return { healthy: false, says: `The console cannot be read: ${(error as Error).message}` };
  }
}
