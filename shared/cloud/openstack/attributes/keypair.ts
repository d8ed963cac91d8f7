import { derived, type Table } from './attribute.ts';
import { name } from './standard.ts';

/**
 * Compute API, "Show keypair details": the public key. It is sent whole, and has no field for a
 * stamp.
 */
// biome-ignore format: a table is read by column
export const keypair: Table = [
  name,
  { api: 'type',        field: 'type',        fate: 'carried', sent: 'always', default: 'ssh' },
  { api: 'public_key',  field: 'public_key',  fate: 'carried', sent: 'always', canonical: keyOf },
  { api: 'fingerprint', field: 'fingerprint', fate: 'derived', default: '', why: 'from the key' },
  { api: 'user_id',     field: 'user_id',     fate: 'mapped', default: '', why: 'it becomes a keypair of the destination’s credentials' },
  ...derived('Nova’s record of it', 'id', 'created_at', 'updated_at', 'deleted', 'deleted_at'),
];

/** A key without insignificant parts: an SSH key's comment, a certificate's line ends. */
export function keyOf(text: string): string {
  const words = text.trim().split(/\s+/);
  return text.includes('BEGIN') ? words.join('') : words.slice(0, 2).join(' ');
}
