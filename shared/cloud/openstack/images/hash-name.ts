import { getHashes } from 'node:crypto';

/** The names of Python's hashlib that are not spelled as OpenSSL's but for an underscore. */
const others: Readonly<Record<string, string>> = { blake2b: 'blake2b512', blake2s: 'blake2s256' };

/**
 * The name by which Node knows a digest of Glance, whose option `hashing_algorithm` takes any name
 * of Python's hashlib (glance/common/config.py): `sha3_512`, say. Null for one that Node lacks.
 */
export function hashName(algorithm: string): string | null {
  const name = others[algorithm] ?? algorithm.replaceAll('_', '-');
  return getHashes().includes(name) ? name : null;
}
