import { derived, type Table } from './attribute.ts';
import { byName } from './canonical.ts';
import { name } from './standard.ts';

/** Compute API, "List flavors with details". Most are mapped; the rows say what one is that the plan lets be created. */
// biome-ignore format: a table is read by column
export const flavor: Table = [
  name,
  { api: 'vcpus',                      field: 'vcpus',       fate: 'carried', sent: 'always' },
  { api: 'ram',                        field: 'ram',         fate: 'carried', sent: 'always' },
  { api: 'disk',                       field: 'disk',        fate: 'carried', sent: 'always' },
  { api: 'OS-FLV-EXT-DATA:ephemeral',  field: 'ephemeral',   fate: 'carried', sent: 'always', default: 0 },
  // Nova before 2.75 says '' for none.
  { api: 'swap',                       field: 'swap',        fate: 'carried', sent: 'always', default: 0, read: mebibytes, canonical: mebibytes },
  { api: 'os-flavor-access:is_public', field: 'is_public',   fate: 'mapped', sent: 'always', default: true, write: no,
    why: 'a flavor that is created is for the project alone, not for the whole cloud' },
  { api: 'rxtx_factor',                field: 'rxtx_factor', fate: 'carried', sent: 'unless default', default: 1 },
  { api: 'extra_specs',                field: 'extra_specs', fate: 'carried', sent: 'with the stamp', default: {}, canonical: byName },
  { api: 'description',                fate: 'told', why: 'the description of a flavor that is created has our stamp, for good' },
  ...derived('Nova’s record of it', 'id', 'links', 'OS-FLV-DISABLED:disabled'),
];

function no(): boolean {
  return false;
}

function mebibytes(swap: number | string): number {
  return Number(swap || 0);
}
