import { derived, type Table } from './attribute.ts';
import { ip } from './canonical.ts';
import { anyValue } from './standard.ts';

/**
 * Network API v2.0, "Show a port forwarding". It is a part of its floating IP, and told apart there
 * by protocol and external ports.
 */
// biome-ignore format: a table is read by column
export const portForwarding: Table = [
  { api: null,                  field: 'floating_ip_id',      fate: 'mapped', refers: 'floating_ip', why: 'the floating IP it is part of' },
  { api: 'description',         field: 'description',         fate: 'carried', sent: 'unless default', default: '',
    needs: 'floating-ip-port-forwarding-description', accepts: anyValue },
  { api: 'protocol',            field: 'protocol',            fate: 'carried', sent: 'always' },
  { api: 'external_port',       field: 'external_port',       fate: 'carried', sent: 'unless default', default: null },
  { api: 'external_port_range', field: 'external_port_range', fate: 'carried', sent: 'unless default', default: null, read: range, canonical: range },
  { api: 'internal_port_id',    field: 'internal_port_id',    fate: 'carried', sent: 'always', refers: 'port' },
  { api: 'internal_ip_address', field: 'internal_ip_address', fate: 'carried', sent: 'always', canonical: ip },
  { api: 'internal_port',       field: 'internal_port',       fate: 'carried', sent: 'unless default', default: null },
  { api: 'internal_port_range', field: 'internal_port_range', fate: 'carried', sent: 'unless default', default: null, read: range, canonical: range },
  ...derived('its floating IP', 'floatingip_id', 'floating_ip_address', 'router_id'),
  ...derived('Neutron’s record of it', 'id', 'project_id', 'tenant_id', 'created_at', 'updated_at', 'revision_number'),
];

/** A range of several ports: Neutron shows a single port as a range, too. */
function range(text: string | null): string | null {
  const [from, to = from] = (text ?? '').split(':');
  return from === to ? null : text;
}
