import type { Decision } from '../../../model/concern.ts';
import { mappedTo } from '../../../model/mappings.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import type { PreflightView } from '../preflight/view.ts';
import type { ApiDnsZone, ApiRecordSet } from './answers.ts';
import { setNamed } from './record-set.ts';
import { zoneNamed } from './zone.ts';

/**
 * The zone that takes the place of one: null where it is created, undefined where the plan maps it
 * to what is no zone of its name.
 */
export function zoneThere(
  { dns, mappings, projectId }: PreflightView,
  zone: ResourceOf<'dns_zone'>,
): ApiDnsZone | null | undefined {
  const to = mappedTo(mappings, 'dns_zones', zone.id);
  if (to === null) return null;
  const there = zoneNamed(dns.zones, projectId, to);
  return there?.name.toLowerCase() === zone.name.toLowerCase() ? there : undefined;
}

/** The record set that a mapped zone has for one; undefined where it has none. */
export function setThere(view: PreflightView, one: ResourceOf<'dns_record_set'>): ApiRecordSet | undefined {
  const zone = view.of('dns_zone').find(({ id }) => id === one.zone_id);
  const there = zone === undefined ? null : zoneThere(view, zone);
  return there ? setNamed(view.dns.recordSets.get(there.id) ?? [], one) : undefined;
}

/** What becomes of a zone or a record set. */
export function dnsChoice(
  view: PreflightView,
  resource: ResourceOf<'dns_zone'> | ResourceOf<'dns_record_set'>,
): Omit<Decision, 'ref'> {
  if (!view.dns.offered) return { action: 'skip', why: 'the destination has no DNS service' };
  if (resource.kind === 'dns_record_set') {
    const there = setThere(view, resource);
    if (there === undefined) return { action: 'create', why: 'its zone lacks it' };
    return { action: 'adopt', id: `${there.zone_id}.${there.id}`, why: 'its zone has it' };
  }
  const there = zoneThere(view, resource);
  if (there === null) return { action: 'create', why: 'nothing at the destination stands for it' };
  if (there === undefined) return { action: 'skip', why: 'it is mapped to what does not exist' };
  return { action: 'adopt', id: there.id, why: `the plan maps it to ${there.name}` };
}
