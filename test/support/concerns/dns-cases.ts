import type { ApiDnsZone, ApiRecordSet } from '../../../shared/cloud/openstack/dns/answers.ts';
import { dnsConcerns } from '../../../shared/cloud/openstack/dns/concerns.ts';
import { type DnsContents, noDns } from '../../../shared/cloud/openstack/dns/contents.ts';
import type { DnsThere } from '../../../shared/cloud/openstack/dns/there.ts';
import type { Concern } from '../../../shared/model/concern.ts';
import { aResource } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look, Otherwise } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

/** A zone as Designate shows it. */
function aZoneThere(fields: Partial<ApiDnsZone> = {}): ApiDnsZone {
  const tracked = { status: 'ACTIVE', action: 'NONE' };
  return { id: 'there', project_id: 'p1', name: 'example.org.', type: 'PRIMARY', ttl: 60, ...tracked, ...fields };
}

/** A record set as Designate shows it. */
function aSetThere(fields: Partial<ApiRecordSet> = {}): ApiRecordSet {
  const kept = { id: 's', zone_id: 'there', status: 'ACTIVE', action: 'NONE', ttl: null };
  return { name: 'www.example.org.', type: 'A', records: ['203.0.113.9'], ...kept, ...fields };
}

const zone = aResource('dns_zone', { id: 'z1', name: 'example.org.' });
const set = aResource('dns_record_set', { zone_id: 'z1', name: 'www.example.org.' });

function atSource(what: string, dns: Partial<DnsContents>): Situation {
  const contents = { dns: { ...noDns, ...dns }, scope: { projectId: 'p1' } };
  return [what, (): readonly Concern[] => dnsConcerns(contents)];
}

/** The cases of DNS zones, at both clouds. */
export function dnsCases(look: Look): Cases {
  const there = (what: string, dns: Partial<DnsThere>, more: Otherwise = {}): Situation =>
    look(what, ({ destination }) => {
      const found = { offered: true, zones: [], seesAll: true, recordSets: new Map(), limits: {}, ...dns };
      const own = found.zones.map((one) => (one.project_id === 'p1' ? { ...one, project_id: destination.projectId } : one));
      return { resources: [zone, set], destination: { dns: { ...found, zones: own } }, ...more };
    });
  const quiet = atSource('a zone with a short TTL that nobody answers for', {});
  const free = there('a name that is free', {});
  const mapped: Otherwise = { mappings: { dns_zones: { z1: { to: 'example.org.' } } } };
  const holding = (records: string[]): Partial<DnsThere> => ({
    zones: [aZoneThere()],
    recordSets: new Map([['there', [aSetThere({ records })]]]),
  });
  const pointed = (what: string, to: string, isAsked: boolean): Situation =>
    there(
      what,
      {},
      {
        resources: [zone, set, aResource('floating_ip', { id: 'f1', floating_ip_address: '203.0.113.9' })],
        mappings: { floating_ips: { f1: { to } }, ...(isAsked ? { dns_addresses: 'rewrite' } : {}) },
      },
    );
  const pooled: Otherwise = { resources: [{ ...zone, attributes: { tier: 'gold' } }] };
  return {
    'dns_zone.unseen': between(atSource('a service that does not answer', { unseen: 'no answer' }), quiet),
    'dns_zone.left_out': between(atSource('another project’s zone', { zones: [aZoneThere({ project_id: 'p2' })] }), quiet),
    'dns_zone.secondary': between(
      atSource('a copy', { zones: [aZoneThere({ type: 'SECONDARY', masters: ['192.0.2.1'] })] }),
      atSource('no copy', { zones: [aZoneThere()] }),
    ),
    'dns_zone.delegation': between(atSource('a zone', { zones: [aZoneThere()] }), quiet),
    'dns_zone.ttl': between(
      atSource('an hour', { zones: [aZoneThere({ ttl: 3600 })] }),
      atSource('a minute', { zones: [aZoneThere()] }),
    ),
    'dns_zone.no_service': between(there('a cloud without DNS', { offered: false }), free),
    'dns_zone.exists': between(
      there('a zone of the project', { zones: [aZoneThere()] }),
      there('one that is mapped', holding(['203.0.113.9']), mapped),
    ),
    'dns_zone.taken': between(
      there('a zone below it of another project', { zones: [aZoneThere({ project_id: 'p2', name: 'a.example.org.' })] }),
      there('one of another name', { zones: [aZoneThere({ project_id: 'p2', name: 'anexample.org.' })] }),
    ),
    'dns_zone.names_untold': between(there('a member', { seesAll: false }), free),
    'dns_zone.attributes': between(there('attributes', {}, pooled), free),
    'dns_record_set.addresses': between(
      pointed('an address that the cloud chooses', 'auto', false),
      pointed('the same address', 'same', false),
    ),
    'dns_record_set.rewritten': between(
      pointed('an address that the plan names', '198.51.100.7', true),
      pointed('one that it does not', 'auto', true),
    ),
    'dns_record_set.address_unknown': between(
      pointed('one that the cloud chooses', 'auto', true),
      pointed('one that the plan names', '198.51.100.7', true),
    ),
    'dns_record_set.differs': between(
      there('other records', holding(['203.0.113.77']), mapped),
      there('the same ones', holding(['203.0.113.9']), mapped),
    ),
  };
}
