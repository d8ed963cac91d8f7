import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import { thingOf } from '../session/answer.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { until } from '../session/wait.ts';
import type { ApiDnsZone, ApiRecordSet, ApiTracked } from './answers.ts';

/** Lists zones: those of the project and those shared with it; of `everyone` only for an admin. */
export function listZones(session: CloudSession, signal: AbortSignal, everyone = false): Promise<ApiDnsZone[]> {
  // DNS API, "List Zones": without the header an admin, too, is told of one project only.
  const headers = everyone ? { 'x-auth-all-projects': 'true' } : undefined;
  return listAll<ApiDnsZone>(session, { service: 'dns', path: '/zones', key: 'zones', headers }, signal);
}

/** Lists the record sets of a zone, all of them or those of one name and type. */
export function listRecordSets(
  session: CloudSession,
  zone: string,
  signal: AbortSignal,
  only?: Pick<ApiRecordSet, 'name' | 'type'>,
): Promise<ApiRecordSet[]> {
  const path = `${zonePath(zone)}/recordsets`;
  const query = only === undefined ? {} : { name: only.name, type: only.type };
  return listAll<ApiRecordSet>(session, { service: 'dns', path, key: 'recordsets', query }, signal);
}

/** Where a zone is. */
export function zonePath(id: string): string {
  return `/zones/${encodeURIComponent(id)}`;
}

/** Where a record set is, by its built id, which names its zone, too. */
export function recordSetPath(id: string): string {
  const [zone = '', recordSet = ''] = id.split('.');
  return `${zonePath(zone)}/recordsets/${encodeURIComponent(recordSet)}`;
}

/** Reads a zone or a record set; null where it is gone. An answer of Designate has no key. */
export async function readDns<T extends ApiTracked>(session: CloudSession, path: string, signal: AbortSignal): Promise<T | null> {
  const { status, body } = await session.call({ method: 'GET', service: 'dns', path, mayBeGone: true, signal });
  return status === 404 ? null : thingOf<T>(body, `GET ${path}`);
}

/** Makes a zone or a record set. */
export async function createDns<T extends ApiTracked>(
  session: CloudSession,
  path: string,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<T> {
  const answer = await session.call({ method: 'POST', service: 'dns', path, body, signal });
  return thingOf<T>(answer.body, `POST ${path}`);
}

/** Waits until the name servers have something. Throws E_SERVER_FAULT where they refused it. */
export async function untilOut<T extends ApiTracked>(
  session: CloudSession,
  path: string,
  what: string,
  patience: Patience,
): Promise<T> {
  return until(`${what} reaching the name servers`, patience, async () => {
    const is = await readDns<T>(session, path, patience.signal);
    if (is?.status === 'ACTIVE') return is;
    if (is !== null && is.status !== 'ERROR') return undefined;
    const says = `${what} is ${is === null ? 'gone' : 'in ERROR'}: its name servers did not take it; see the log of designate-worker.`;
    throw new Problem('E_SERVER_FAULT', says, { about: path });
  });
}

/** Deletes something; false where it was gone before. A deletion is never taken back. */
export async function deleteDns(session: CloudSession, path: string, signal: AbortSignal): Promise<boolean> {
  const { status } = await session.call({ method: 'DELETE', service: 'dns', path, mayBeGone: true, signal });
  return status !== 404;
}
