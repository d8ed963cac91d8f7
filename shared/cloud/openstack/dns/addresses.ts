import { canonicalIp, parseIp } from '../../../ip.ts';
import type { Mappings } from '../../../model/mappings.ts';
import type { Resource, ResourceOf } from '../../../model/resource.ts';

/**
 * The addresses of the source that are others at the destination, in canonical form: of floating
 * IPs and of gateways. Null: the cloud chooses the new one, or there is none.
 */
export function changedAddresses(resources: readonly Resource[], mappings: Mappings): ReadonlyMap<string, string | null> {
  const changed = new Map<string, string | null>();
  for (const one of resources) {
    if (one.kind === 'floating_ip') note(changed, one.floating_ip_address, mappings.floating_ips[one.id]?.to ?? 'auto');
    if (one.kind !== 'gateway') continue;
    const isMapped = (mappings.routers?.[one.router_id]?.to ?? 'create') !== 'create';
    const to = isMapped ? 'auto' : (mappings.gateways[one.router_id]?.ip ?? 'auto');
    for (const { ip_address } of one.external_fixed_ips) note(changed, ip_address, to);
  }
  return changed;
}

function note(changed: Map<string, string | null>, address: string, to: string): void {
  const was = canonicalIp(address);
  const is = parseIp(to) === null ? null : canonicalIp(to);
  if (to !== 'same' && is !== was) changed.set(was, is);
}

/** The addresses among some that the records of a set name. */
export function namedIn(
  { type, records }: Pick<ResourceOf<'dns_record_set'>, 'type' | 'records'>,
  changed: ReadonlyMap<string, string | null>,
): readonly string[] {
  const words = isOfAddresses(type) ? records : records.flatMap((record) => record.split(/[^\da-f:.]+|^ip[46]:|:(?=\d+\.)/i));
  return [...new Set(words.flatMap((word) => (parseIp(word) === null ? [] : canonicalIp(word))))].filter((one) =>
    changed.has(one),
  );
}

/** A set whose records are addresses: those of other types only mention some. */
export function isOfAddresses(type: string): boolean {
  return type === 'A' || type === 'AAAA';
}

/** A record set with the addresses of the destination where the plan asks for it and names them. */
export function withNewAddresses(
  one: ResourceOf<'dns_record_set'>,
  resources: () => readonly Resource[],
  mappings: Mappings,
): ResourceOf<'dns_record_set'> {
  if (mappings.dns_addresses !== 'rewrite' || !isOfAddresses(one.type)) return one;
  const changed = changedAddresses(resources(), mappings);
  if (namedIn(one, changed).every((was) => changed.get(was) === null)) return one;
  const records = one.records.map((record) => changed.get(canonicalIp(record)) ?? record);
  return { ...one, records: [...new Set(records)] };
}
