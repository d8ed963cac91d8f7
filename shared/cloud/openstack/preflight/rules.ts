import { charactersIn } from '../../../model/characters.ts';
import type { Concern } from '../../../model/concern.ts';
import type { Ref } from '../../../model/resource.ts';
import type { PreflightView } from './view.ts';

/** One check of preflight. A rule MUST NOT write, and MUST report everything it finds. */
export type PreflightRule = (view: PreflightView) => Concern[];

/** Makes a concern that stops the campaign. */
export function blocking(code: string, about: Ref, says: string, remedy: string): Concern {
  return { code, severity: 'blocking', about, says, remedy };
}

/** Makes a concern for the operator to decide on. */
export function warning(code: string, about: Ref, says: string, remedy: string): Concern {
  return { code, severity: 'warning', about, says, remedy };
}

/** Characters of a description of a server, its names, and the keys and values of its metadata. */
export const longestText = 255;

/** nova/api/validation/parameter_types.py, `name`: printable, and no blank at either end. */
export function isServerName(name: string): boolean {
  return name !== '' && charactersIn(name) <= longestText && name.trim() === name && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name);
}
