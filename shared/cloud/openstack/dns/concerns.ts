import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import type { Scope } from '../inventory/scope.ts';
import { type ApiDnsZone, type ApiRecordSet, inShort, isKept } from './answers.ts';
import { type DnsContents, whyZoneLeft } from './contents.ts';
import { ownSets } from './resources.ts';

/** Names that a concern lists. */
const listed = 10;

/** A record that resolvers keep for longer than this delays the switch: seconds. */
const longTtl = 300;

/** What an operator must hear of the zones before their move. */
export function dnsConcerns({ dns, scope }: { readonly dns: DnsContents; readonly scope: Pick<Scope, 'projectId'> }): Concern[] {
  const left = dns.zones.flatMap((zone) => {
    const why = whyZoneLeft(zone, scope.projectId);
    return why === null ? [] : [`${zone.name} (${why})`];
  });
  const moving = dns.zones.filter((zone) => whyZoneLeft(zone, scope.projectId) === null);
  const primary = moving.filter(({ type }) => type === 'PRIMARY');
  return [
    ...(dns.unseen === null ? [] : [unseen(dns.unseen)]),
    ...told(left, leftOut),
    ...told(
      moving.filter(({ type }) => type === 'SECONDARY').map(({ name, masters = [] }) => `${name} from ${masters.join(', ')}`),
      secondary,
    ),
    ...told(
      primary.map((zone) => `${zone.name} at ${serversOf(zone, dns.recordSets).map(inShort).join(', ') || 'no server'}`),
      delegation,
    ),
    ...told(
      ttlsOf(primary, dns.recordSets).map(({ name, ttl }) => `${name} ${ttl} s`),
      ttl,
    ),
  ];
}

interface ZoneWording {
  readonly code: string;
  readonly severity: 'warning';
  readonly says: string;
  readonly remedy: string;
}

const leftOut: ZoneWording = {
  code: 'dns_zone.left_out',
  severity: 'warning',
  says: 'DNS zones that the project may use are not moved',
  remedy: 'Move another project’s zone with that project; nothing else.',
};

const secondary: ZoneWording = {
  code: 'dns_zone.secondary',
  severity: 'warning',
  says: 'DNS zones are copies of what their masters have, and have records at the destination only when these let its servers transfer them',
  remedy: 'Let the masters know the name servers of the destination before the move.',
};

const delegation: ZoneWording = {
  code: 'dns_zone.delegation',
  severity: 'warning',
  says: 'DNS zones are answered by the name servers of the source until whoever is above them names those of the destination',
  remedy:
    'After the move name the servers of the destination at the registrar, or in the zone above; keep those of the source until then.',
};

const ttl: ZoneWording = {
  code: 'dns_zone.ttl',
  severity: 'warning',
  says: 'Resolvers keep what a DNS zone answered for as long as its longest TTL, also after the switch',
  remedy: 'If that is too long, lower the TTLs at the source and wait for so long before the move, and raise them afterwards.',
};

function told(names: readonly string[], { says, ...wording }: ZoneWording): Concern[] {
  if (names.length === 0) return [];
  return [{ ...wording, says: `${says} (${names.length}): ${firstFew(names, listed)}.` }];
}

function unseen(why: string): Concern {
  return {
    code: 'dns_zone.unseen',
    severity: 'warning',
    says: `Whether the project has DNS zones is not known, and none is moved: ${why}`,
    remedy: 'Capture with credentials of this project that may list its zones, or make them at the destination by hand.',
  };
}

function serversOf(zone: ApiDnsZone, sets: readonly ApiRecordSet[]): readonly string[] {
  const own = sets.filter((one) => one.zone_id === zone.id && one.type === 'NS' && isKept(one, zone));
  return own.flatMap(({ records }) => records);
}

/** The longest TTL of each zone, if it is long; the longest first. */
function ttlsOf(zones: readonly ApiDnsZone[], sets: readonly ApiRecordSet[]): { readonly name: string; readonly ttl: number }[] {
  const longest = zones.map((zone) => {
    const own = ownSets([zone], sets).map((one) => one.ttl ?? zone.ttl ?? 0);
    return { name: zone.name, ttl: Math.max(zone.ttl ?? 0, ...own) };
  });
  return longest.filter((one) => one.ttl > longTtl).sort((a, b) => b.ttl - a.ttl);
}
