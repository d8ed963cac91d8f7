import { createHash, timingSafeEqual } from 'node:crypto';
import { newHexId } from '../identifier.ts';
import type { State } from '../state.ts';

/** What a new twin starts with. */
export interface Seed {
  /** Password of every seeded user; `twin` by default. */
  readonly password?: string;
  /**
   * Projects beside `admin`; user `demo` is a member of each, user `admin` has the role admin in
   * each. Default `['demo']`.
   */
  readonly projects?: readonly string[];
}

/** The only domain of a twin. */
export const domain = { id: 'default', name: 'Default' } as const;
/** The roles that exist; their ids are made from their names. */
export const roleNames = ['admin', 'member', 'reader', 'service'] as const;

/** The id of a role. */
export const roleId = (name: string): string => createHash('md5').update(`role ${name}`).digest('hex');

/** The stored form of a secret. */
export const digestSecret = (secret: string, salt: string): string =>
  `${salt}:${createHash('sha256').update(salt).update(secret).digest('hex')}`;

/** Whether a secret is the one that was stored. */
export function secretFits(secret: string, stored: string): boolean {
  const made = Buffer.from(digestSecret(secret, stored.split(':')[0] ?? ''));
  const kept = Buffer.from(stored);
  return made.length === kept.length && timingSafeEqual(made, kept);
}

/**
 * Fills an empty state with the projects, users and roles of a fresh cloud; a state that has users
 * is left alone.
 */
export function seedIdentity(state: State, seed: Seed): void {
  if (state.users.size > 0) return;
  const secret = (): string => digestSecret(seed.password ?? 'twin', newHexId());
  const userOf = (name: string) => ({ id: newHexId(), name, secret: secret(), enabled: true });
  const admin = userOf('admin');
  const demo = userOf('demo');
  for (const user of [admin, demo]) state.users.set(user.id, user);
  for (const name of ['admin', ...(seed.projects ?? ['demo'])]) {
    const project = { id: newHexId(), name, description: '', enabled: true };
    state.projects.set(project.id, project);
    assign(state, admin.id, project.id, 'admin');
    if (name !== 'admin') assign(state, demo.id, project.id, 'member');
  }
}

/** Gives a user a role in a project. */
function assign(state: State, userId: string, projectId: string, role: string): void {
  state.assignments.set(`${userId}:${projectId}:${role}`, { userId, projectId, role });
}
