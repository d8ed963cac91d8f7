import type { ApiThing } from '../api.ts';

/** Something that reaches the name servers a while after it was asked for. */
export interface ApiTracked extends ApiThing {
  readonly id: string;
  readonly status: string;
  readonly action: string;
}

/** GET /v2/zones of Designate. */
export interface ApiDnsZone extends ApiTracked {
  readonly project_id: string;
  readonly name: string;
  readonly type: string;
  readonly ttl: number | null;
  readonly masters?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly shared?: boolean;
}

/** GET /v2/zones/{zone_id}/recordsets. */
export interface ApiRecordSet extends ApiTracked {
  readonly zone_id: string;
  readonly name: string;
  readonly type: string;
  readonly ttl: number | null;
  readonly records: readonly string[];
}

/**
 * Whether Designate keeps a record set itself: it makes the SOA and the NS at the top of a zone of
 * its own servers, and lets nobody change them (designate/central/service.py, `_create_soa`,
 * `_create_ns`; designate/api/v2/controllers/zones/recordsets.py).
 */
export function isKept({ name, type }: Pick<ApiRecordSet, 'name' | 'type'>, zone: Pick<ApiDnsZone, 'name'>): boolean {
  return type === 'SOA' || (type === 'NS' && name === zone.name);
}

/** Whether a name lies in a zone, or is that of the zone. */
export function isWithin(name: string, zone: string): boolean {
  const small = name.toLowerCase();
  return small === zone.toLowerCase() || small.endsWith(`.${zone.toLowerCase()}`);
}

/** A name as people write it, without its final dot. */
export function inShort(name: string): string {
  return name.replace(/\.$/, '');
}
