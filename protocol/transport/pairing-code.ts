import { randomBytes } from 'node:crypto';
import { Problem } from '../../shared/problem.ts';

/** Crockford's base 32: no I, L, O or U, so that a code survives being read aloud. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 20 characters of 5 bits: 100 bits, too many to guess, even offline from a recorded proof. */
const length = 20;

/** Makes a pairing code, in groups of five for people. */
export function newPairingCode(): string {
  // 256 is a multiple of 32, so the low five bits of a random byte are uniform.
  const letters = [...randomBytes(length)].map((byte) => alphabet[byte & 31]).join('');
  return letters.match(/.{5}/g)?.join('-') ?? letters;
}

/**
 * Reads a code as typed: any case, O for 0, I or L for 1, dashes and blanks anywhere. Throws
 * E_PAIRING_WRONG_CODE for what cannot be one, so that a typing error costs no try.
 */
export function readPairingCode(typed: string): string {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (/^[0-9A-HJKMNP-TV-Z]{20}$/.test(code)) return code;
  const says = `That is not a pairing code: a code has ${length} letters and digits, never a U.`;
  throw new Problem('E_PAIRING_WRONG_CODE', says);
}
