import type { State } from '../state.ts';
import type { Assignment } from './model.ts';

/** The assignments by which a user has roles in a project: own ones, of groups, and inherited. */
export function holdsIn(state: State, userId: string, projectId: string): Assignment[] {
  return [...state.assignments.values()].filter(
    (each) => (each.projectId === projectId || each.projectId === '') && holdersOf(state, each).includes(userId),
  );
}

/** The users who have an assignment. */
export function holdersOf(state: State, { userId, groupId }: Assignment): readonly string[] {
  return groupId === undefined ? [userId] : (state.userGroups.get(groupId)?.members ?? []);
}

/** The roles that another implies (keystone/cmd/bootstrap.py). */
export function impliedBy(role: string): readonly string[] {
  if (role === 'admin') return ['reader', 'member'];
  return role === 'member' ? ['reader'] : [];
}
