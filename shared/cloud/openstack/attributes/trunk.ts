import { derived, type Table } from './attribute.ts';
import { unordered } from './canonical.ts';
import { books, described, name } from './standard.ts';

/**
 * Network API v2.0, "Show trunk". Neutron has resolved the segmentation type `inherit` to the VLAN
 * that the guest uses (neutron/services/trunk/rules.py, _prepare_subports).
 */
// biome-ignore format: a table is read by column
export const trunk: Table = [
  name,
  ...described,
  { api: 'admin_state_up', field: 'admin_state_up', fate: 'carried', sent: 'always', default: true },
  { api: 'port_id',        field: 'port_id',        fate: 'carried', sent: 'always', refers: 'port' },
  { api: 'sub_ports',      field: 'sub_ports',      fate: 'carried', sent: 'always', default: [], refers: 'port',
    keys: ['port_id', 'segmentation_type', 'segmentation_id'], canonical: subports },
  ...derived('the state of the trunk', 'status'),
  ...books,
];

interface Subport {
  readonly port_id: string;
  readonly segmentation_type: string;
  readonly segmentation_id: number;
}

function subports(all: readonly Subport[]): string[] {
  return unordered(all.map((one) => `${one.port_id} as ${one.segmentation_type} ${one.segmentation_id}`));
}
