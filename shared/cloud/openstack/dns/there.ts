import { type Mappings, mappedTo } from '../../../model/mappings.ts';
import type { Resource } from '../../../model/resource.ts';
import type { QuotaLimits } from '../limits.ts';
import type { CloudSession } from '../session/session.ts';
import { isAdmin } from '../session/token.ts';
import type { ApiDnsZone, ApiRecordSet } from './answers.ts';
import { listRecordSets, listZones } from './calls.ts';
import { zoneNamed } from './zone.ts';

/** What the destination has in its DNS service. */
export interface DnsThere {
  /** Whether it has one. */
  readonly offered: boolean;
  /** Of the project; of all projects where these are seen. */
  readonly zones: readonly ApiDnsZone[];
  readonly seesAll: boolean;
  /** Of the zones that the plan maps to, by the zone’s id. */
  readonly recordSets: ReadonlyMap<string, readonly ApiRecordSet[]>;
  /** The quotas of the project; empty where they are not told. */
  readonly limits: QuotaLimits;
}

/** What is known where no zone is to move. */
const dnsUnread: DnsThere = { offered: false, zones: [], seesAll: false, recordSets: new Map(), limits: {} };

/** Reads what preflight needs of the DNS service, if the plan has zones. MUST NOT write. */
export async function readDnsThere(
  session: CloudSession,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<DnsThere> {
  const wanted = resources.filter(({ kind }) => kind === 'dns_zone');
  if (wanted.length === 0 || !(await session.has('dns', signal))) return dnsUnread;
  const token = await session.token(signal);
  const seesAll = isAdmin(token);
  const zones = await listZones(session, signal, seesAll);
  const recordSets = new Map<string, readonly ApiRecordSet[]>();
  for (const { id } of wanted) {
    const to = mappedTo(mappings, 'dns_zones', id);
    const zone = to === null ? undefined : zoneNamed(zones, token.projectId, to);
    if (zone !== undefined) recordSets.set(zone.id, await listRecordSets(session, zone.id, signal));
  }
  return { offered: true, zones, seesAll, recordSets, limits: await readLimitsThere(session, token.projectId, signal) };
}

/** DNS API, "View Quotas": a policy may keep them. */
async function readLimitsThere(session: CloudSession, projectId: string, signal: AbortSignal): Promise<QuotaLimits> {
  const path = `/quotas/${projectId}`;
  const { body } = await session.call({ method: 'GET', service: 'dns', path, tolerate: [403, 404], signal });
  const all = Object.entries(typeof body === 'object' && body !== null ? body : {});
  return Object.fromEntries(all.filter((one): one is [string, number] => typeof one[1] === 'number'));
}
