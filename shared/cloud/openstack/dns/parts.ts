import type { Site } from '../builders/site.ts';
import type { ApiDnsZone } from './answers.ts';
import { listRecordSets, readDns, zonePath } from './calls.ts';
import { ownSets } from './resources.ts';
import { nowhere } from './zone.ts';

/** A record set with the id of its zone. */
interface SetInZone {
  readonly id: string;
  readonly in: string;
  readonly says: string;
}

/** The record sets that people put into some zones. */
export async function setsInZones({ session }: Site, ids: readonly string[], signal: AbortSignal): Promise<readonly SetInZone[]> {
  const found: SetInZone[] = [];
  for (const id of ids) {
    const zone = id === nowhere ? null : await readDns<ApiDnsZone>(session, zonePath(id), signal);
    if (zone === null) continue;
    const own = ownSets([zone], await listRecordSets(session, id, signal));
    found.push(...own.map((one) => ({ id: `${id}.${one.id}`, in: id, says: `record set ${one.name} ${one.type}` })));
  }
  return found;
}
