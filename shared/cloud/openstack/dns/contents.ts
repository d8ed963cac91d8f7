import { inParallel } from '../../../concurrency/parallel.ts';
import { Problem } from '../../../problem.ts';
import type { Scope } from '../inventory/scope.ts';
import type { CloudSession } from '../session/session.ts';
import type { ApiDnsZone, ApiRecordSet } from './answers.ts';
import { listRecordSets, listZones } from './calls.ts';

/** Zones whose record sets are read at once, and the time in which a service must first answer. */
const width = 4;
const patienceMs = 10_000;

/** What a project has in the DNS service. */
export interface DnsContents {
  /** Of the project, and of others that share them with it. */
  readonly zones: readonly ApiDnsZone[];
  /** Of the zones that move. */
  readonly recordSets: readonly ApiRecordSet[];
  /** Why the zones are not told; null where they are, or where there is no such service. */
  readonly unseen: string | null;
}

/** Nothing, where DNS does not matter. */
export const noDns: DnsContents = { zones: [], recordSets: [], unseen: null };

/**
 * Reads the zones of a project. A service that does not tell them is named and stops nothing; once
 * it has told them, their records MUST be read: half a zone is worse than none.
 */
export async function readDnsContents(session: CloudSession, scope: Scope, signal: AbortSignal): Promise<DnsContents> {
  if (!(await session.has('dns', signal))) return noDns;
  if (!scope.own) return unseenBecause('it tells the zones of the project of the credentials only');
  const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const zones = await listZones(session, soon).catch((error: unknown) => {
    if (signal.aborted || !(error instanceof Problem)) throw error;
    return error;
  });
  if (zones instanceof Problem) return unseenBecause(zones.message);
  const recordSets: ApiRecordSet[] = [];
  await inParallel(zones.filter(isCopied(scope)), width, async ({ id }) => {
    recordSets.push(...(await listRecordSets(session, id, signal)));
  });
  return { zones, recordSets: inOrder(recordSets), unseen: null };
}

function unseenBecause(unseen: string): DnsContents {
  return { zones: [], recordSets: [], unseen };
}

/** Whether the records of a zone move: those of a secondary one come from its masters. */
function isCopied({ projectId }: Scope): (zone: ApiDnsZone) => boolean {
  return (zone) => whyZoneLeft(zone, projectId) === null && zone.type === 'PRIMARY';
}

/** Why a zone stays behind; null where it moves. */
export function whyZoneLeft({ project_id, type, action }: ApiDnsZone, projectId: string): string | null {
  if (project_id !== projectId) return `of project ${project_id}`;
  if (action === 'DELETE') return 'being deleted';
  return type === 'PRIMARY' || type === 'SECONDARY' ? null : `of type ${type}`;
}

/** The same order in every capture, whichever zone answered first. */
function inOrder(all: readonly ApiRecordSet[]): ApiRecordSet[] {
  const key = ({ zone_id, name, type }: ApiRecordSet): string => `${zone_id} ${name} ${type}`;
  return [...all].sort((a, b) => key(a).localeCompare(key(b)));
}
