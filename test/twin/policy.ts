import { forbidden } from './refusal.ts';

/** The identity behind a token. */
export interface Caller {
  readonly token: string;
  readonly userId: string;
  readonly userName: string;
  /** Empty for an unscoped token. */
  readonly projectId: string;
  readonly projectName: string;
  readonly roles: readonly string[];
  /** Zed's default policies give everything to the role `admin`, whatever project it is held in. */
  readonly admin: boolean;
}

/** The caller of a request without a token. */
export const nobody: Caller = { token: '', userId: '', userName: '', projectId: '', projectName: '', roles: [], admin: false };

/**
 * Refuses a caller without the role `admin`, in the words of oslo.policy as the service repeats
 * them.
 */
export function requireAdmin(caller: Caller, rule: string): void {
  if (!caller.admin) throw forbidden(`Policy doesn't allow ${rule} to be performed.`);
}

/** Whether the caller owns a thing of the given project or is admin. */
export function mayUse(caller: Caller, projectId: string): boolean {
  return caller.admin || (projectId !== '' && caller.projectId === projectId);
}
