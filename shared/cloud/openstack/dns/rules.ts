import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { unordered } from '../attributes/canonical.ts';
import { blocking, type PreflightRule, warning } from '../preflight/rules.ts';
import type { PreflightView } from '../preflight/view.ts';
import { withNewAddresses } from './addresses.ts';
import { type ApiDnsZone, inShort, isWithin } from './answers.ts';
import { setThere, zoneThere } from './decisions.ts';

/** Names that a concern lists. */
const listed = 10;

/** A destination without DNS builds no zone: each is named before anything is written. */
export const dnsService: PreflightRule = (view) => {
  const zones = view.of('dns_zone').map(({ name }) => inShort(name));
  if (zones.length === 0 || view.dns.offered) return [];
  const says = `The destination has no DNS service; these zones are not built there (${zones.length}): ${zones.join(', ')}.`;
  const remedy = 'Nothing, if the source goes on to answer for them; or make them where the names are to be answered.';
  return [{ code: 'dns_zone.no_service', severity: 'warning', says, remedy }];
};

/** A zone that the plan maps must be there, and one that it does not map must not. */
export const dnsTargets: PreflightRule = (view) => {
  if (!view.dns.offered) return [];
  const zones = view.of('dns_zone');
  const fresh = zones.filter((zone) => zoneThere(view, zone) === null);
  const found = zones.flatMap((zone): Concern[] => {
    const there = zoneThere(view, zone);
    if (there === undefined) return [absent(zone)];
    return there === null ? inTheWay(view, zone) : [];
  });
  return fresh.length === 0 || view.dns.seesAll ? found : [...found, untold(fresh)];
};

/**
 * A name is one zone’s in the whole cloud, and those above and below it are of the same project
 * (designate/central/service.py, `create_zone`).
 */
function inTheWay(view: PreflightView, zone: ResourceOf<'dns_zone'>): Concern[] {
  const about = refOf('dns_zone', zone.id);
  const isSame = ({ name }: ApiDnsZone): boolean => name.toLowerCase() === zone.name.toLowerCase();
  const isOwn = ({ project_id }: ApiDnsZone): boolean => project_id === view.projectId;
  if (view.dns.zones.some((one) => isSame(one) && isOwn(one))) return [exists(zone)];
  const others = view.dns.zones.filter((one) => !isOwn(one));
  const near = others.find((one) => isWithin(zone.name, one.name) || isWithin(one.name, zone.name));
  if (near === undefined) return [];
  const says = `The DNS zone ${zone.name} cannot be made: project ${near.project_id} has the zone ${near.name} at the destination.`;
  return [blocking('dns_zone.taken', about, says, 'Ask that project for the zone (openstack zone transfer request create).')];
}

/** Record sets of a mapped zone stay as they are, also where they say something else. */
export const dnsDifferences: PreflightRule = (view) =>
  view.of('dns_record_set').flatMap((one): Concern[] => {
    const there = setThere(view, one);
    if (there === undefined) return [];
    const { records } = withNewAddresses(one, () => [...view.of('floating_ip'), ...view.of('gateway')], view.mappings);
    if (JSON.stringify(unordered(there.records)) === JSON.stringify(unordered(records))) return [];
    const says = `The zone at the destination has other records for ${one.name} ${one.type}: ${firstFew(there.records, listed)}, not ${firstFew(records, listed)}. They stay.`;
    return [
      blocking('dns_record_set.differs', refOf('dns_record_set', one.id), says, 'Change the records on one of both sides.'),
    ];
  });

/** Designate chooses the name servers of a zone by its attributes, and refuses it without any. */
export const dnsAttributes: PreflightRule = (view) =>
  view.of('dns_zone').flatMap((zone): Concern[] => {
    const names = Object.entries(zone.attributes).map(([name, value]) => `${name}=${value}`);
    if (names.length === 0 || !view.dns.offered || zoneThere(view, zone) !== null) return [];
    const says = `The DNS zone ${zone.name} asks for name servers by attributes: ${names.join(', ')}; where the destination has none such, it refuses the zone.`;
    return [
      warning('dns_zone.attributes', refOf('dns_zone', zone.id), says, 'Ask who runs the destination which attributes it has.'),
    ];
  });

/** Zones and records must fit into the quotas of the DNS service (designate/quota). */
export const dnsQuotas: PreflightRule = (view) => {
  const { limits, offered } = view.dns;
  if (!offered) return [];
  const zones = view.of('dns_zone');
  const own = view.dns.zones.filter(({ project_id }) => project_id === view.projectId).length;
  const most: Record<string, number> = { zones: own + zones.filter((zone) => zoneThere(view, zone) === null).length };
  const raise = (name: string, count: number): void => {
    most[name] = Math.max(most[name] ?? 0, count);
  };
  for (const zone of zones) {
    const there = view.dns.recordSets.get(zoneThere(view, zone)?.id ?? '') ?? [];
    const fresh = view.of('dns_record_set').filter((one) => one.zone_id === zone.id && setThere(view, one) === undefined);
    const sum = (some: readonly { readonly records: readonly string[] }[]): number =>
      some.reduce((count, { records }) => count + records.length, 0);
    // A new zone has two record sets of its own.
    raise('zone_recordsets', fresh.length + Math.max(2, there.length));
    raise('zone_records', sum(fresh) + sum(there));
    raise('recordset_records', Math.max(0, ...fresh.map(({ records }) => records.length)));
  }
  return Object.entries(most).flatMap(([name, count]): Concern[] => {
    const limit = limits[name] ?? -1;
    if (zones.length === 0 || limit < 0 || count <= limit) return [];
    const says = `The DNS quota of ${name} is ${limit}, and ${count} are needed.`;
    return [{ code: `quota.${name}`, severity: 'blocking', says, remedy: `Raise it to ${count} or more.` }];
  });
};

function exists({ id, name }: ResourceOf<'dns_zone'>): Concern {
  return blocking(
    'dns_zone.exists',
    refOf('dns_zone', id),
    `The project has a DNS zone ${name} at the destination already.`,
    'Map the zone to it, and record sets that it lacks are added; or skip it.',
  );
}

function absent({ id, name }: ResourceOf<'dns_zone'>): Concern {
  return blocking(
    'mapping.absent',
    refOf('dns_zone', id),
    `${name} is mapped to what is no zone of this name in the project at the destination.`,
    'Correct the mapping.',
  );
}

function untold(zones: readonly ResourceOf<'dns_zone'>[]): Concern {
  const names = firstFew(
    zones.map(({ name }) => inShort(name)),
    listed,
  );
  return {
    code: 'dns_zone.names_untold',
    severity: 'warning',
    says: `Whether another project has these DNS zones, or one above or below them, is told only to an admin; they are refused then (${zones.length}): ${names}.`,
    remedy: 'Ask who runs the destination, or make the zones there before, and map to them.',
  };
}
