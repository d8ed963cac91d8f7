import { type Ref, type Resource, refOf } from '../../../model/resource.ts';
import { describe } from '../attributes/describe.ts';
import type { Scope } from '../inventory/scope.ts';
import { type ApiDnsZone, type ApiRecordSet, isKept, isWithin } from './answers.ts';
import { type DnsContents, whyZoneLeft } from './contents.ts';

/** The zones of a project that move, and their record sets without those that Designate makes. */
export function dnsIn({ dns, scope }: { readonly dns: DnsContents; readonly scope: Pick<Scope, 'projectId'> }): Resource[] {
  const zones = dns.zones.filter((zone) => whyZoneLeft(zone, scope.projectId) === null);
  const sets = ownSets(zones, dns.recordSets);
  return [
    ...zones.map((zone) => describe('dns_zone', freed(zone), { needs: needsOf(zone, zones, sets) })),
    ...sets.map((one) => describe('dns_record_set', one)),
  ];
}

/** The record sets of some zones that people made. */
export function ownSets(zones: readonly ApiDnsZone[], all: readonly ApiRecordSet[]): ApiRecordSet[] {
  const byId = new Map(zones.map((zone) => [zone.id, zone]));
  return all.filter((one) => {
    const zone = byId.get(one.zone_id);
    return zone !== undefined && one.action !== 'DELETE' && !isKept(one, zone);
  });
}

/** A secondary zone without what comes with its transfer; a `pool_id` is one of this cloud. */
function freed(zone: ApiDnsZone): ApiDnsZone {
  const { pool_id: _pool, ...attributes } = zone.attributes ?? {};
  return zone.type === 'SECONDARY' ? { ...zone, email: null, ttl: null, attributes } : { ...zone, attributes };
}

/**
 * A zone comes after the one above it, and after the record sets there that lie in it: Designate
 * takes these (a delegation, for instance) only while the lower zone is not there
 * (designate/central/service.py, `_is_valid_recordset_placement_subzone`).
 */
function needsOf(zone: ApiDnsZone, zones: readonly ApiDnsZone[], sets: readonly ApiRecordSet[]): Ref[] {
  const above = zones.filter((one) => one !== zone && isWithin(zone.name, one.name));
  const inside = sets.filter((one) => above.some(({ id }) => id === one.zone_id) && isWithin(one.name, zone.name));
  return [...above.map(({ id }) => refOf('dns_zone', id)), ...inside.map(({ id }) => refOf('dns_record_set', id))];
}
