import type { Concern } from '../../../model/concern.ts';
import { wordOf } from '../../../model/kind-words.ts';
import { type Kind, refOf } from '../../../model/resource.ts';
import type { ApiThing } from '../api.ts';

/** The fields of each kind without which a record cannot be read. */
const needed = {
  server: ['name', 'status', 'flavor', 'addresses'],
  qos_policy: ['name', 'rules'],
  network: ['name'],
  address_scope: ['name', 'ip_version'],
  subnet_pool: ['name', 'prefixes'],
  subnet: ['network_id', 'cidr'],
  router: ['name'],
  port: ['network_id', 'mac_address', 'fixed_ips', 'device_id', 'device_owner'],
  address_group: ['addresses'],
  trunk: ['port_id', 'sub_ports'],
  security_group: ['name', 'security_group_rules'],
  floating_ip: ['floating_network_id', 'floating_ip_address'],
} as const satisfies Partial<Record<Kind, readonly string[]>>;

interface Sorted<T> {
  readonly whole: readonly T[];
  readonly concerns: readonly Concern[];
}

/**
 * Separates the records that lack a required field. They are reported and left out; the others are
 * captured.
 */
export function readable<T extends ApiThing>(kind: keyof typeof needed, records: readonly T[]): Sorted<T> {
  const lackOf = (record: T): string[] => needed[kind].filter((field) => record[field] === undefined || record[field] === null);
  return {
    whole: records.filter((record) => lackOf(record).length === 0),
    concerns: records.flatMap((record) => {
      const lack = lackOf(record);
      return lack.length === 0 ? [] : [unreadable(kind, String(record['id']), `the cloud does not tell its ${lack.join(', ')}`)];
    }),
  };
}

/** The concern about a record that cannot be read. */
export function unreadable(kind: Kind, id: string, why: string): Concern {
  return {
    code: `${kind}.unreadable`,
    severity: 'warning',
    about: refOf(kind, id),
    says: `The ${wordOf(kind)} ${id} cannot be read, for ${why}; it is left out.`,
    remedy: 'Capture again when the cloud tells all of it: a part of it (a cell of Nova, say) may be down.',
  };
}
