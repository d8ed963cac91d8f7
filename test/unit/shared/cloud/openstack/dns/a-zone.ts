import type { ApiDnsZone, ApiRecordSet } from '../../../../../../shared/cloud/openstack/dns/answers.ts';
import { zonePath } from '../../../../../../shared/cloud/openstack/dns/calls.ts';
import { until } from '../../../../../../shared/cloud/openstack/session/wait.ts';
import type { Hand } from '../../../../../conformance/furnish.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(15_000) });

/** Makes a zone as a user does, and waits until the name servers have it. */
export async function aZone(hand: Hand, fields: Readonly<Record<string, unknown>> = {}): Promise<ApiDnsZone> {
  const body = { name: 'example.org.', email: 'host@example.org', ...fields };
  const { id } = await hand.ask<ApiDnsZone>('POST', 'dns', '/zones', body);
  return until('The zone', patience(), async () => {
    const is = await hand.ask<ApiDnsZone>('GET', 'dns', zonePath(id));
    return is.status === 'ACTIVE' ? is : undefined;
  });
}

/** Puts a record set into a zone. */
export function aRecordSet(hand: Hand, zone: ApiDnsZone, fields: Readonly<Record<string, unknown>>): Promise<ApiRecordSet> {
  return hand.ask<ApiRecordSet>('POST', 'dns', `${zonePath(zone.id)}/recordsets`, { type: 'A', ...fields });
}

/** What a project has there: its zones, and in each the record sets as `name type records`. */
export async function zonesOf(hand: Hand): Promise<Readonly<Record<string, readonly string[]>>> {
  const { zones } = await hand.ask<{ zones: readonly ApiDnsZone[] }>('GET', 'dns', '/zones?limit=100');
  const found: Record<string, readonly string[]> = {};
  for (const { id, name } of zones) {
    const path = `${zonePath(id)}/recordsets?limit=100`;
    const { recordsets } = await hand.ask<{ recordsets: readonly ApiRecordSet[] }>('GET', 'dns', path);
    found[name] = recordsets
      .filter(({ type }) => type !== 'SOA')
      .map((one) => `${one.name} ${one.type} ${[...one.records].sort().join(' ')}`)
      .sort();
  }
  return found;
}
