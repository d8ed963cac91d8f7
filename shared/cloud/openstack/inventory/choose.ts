import { Problem } from '../../../problem.ts';
import type { Selection } from '../../source-cloud.ts';
import type { ApiServer } from '../api.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { foreignTags } from '../stamp.ts';
import type { Scope } from './scope.ts';
import { pickServers } from './servers.ts';

/**
 * The servers that a selection means: the named ones or all, limited to its users and tags. Throws
 * E_NOT_FOUND if one of these matches none, E_FORBIDDEN if user names may not be read.
 */
export async function chooseServers(
  session: CloudSession,
  scope: Scope,
  selection: Selection,
  all: readonly ApiServer[],
  signal: AbortSignal,
): Promise<readonly ApiServer[]> {
  const picked = pickServers(all, selection.servers);
  const { users = [], tags = [] } = selection;
  const owners: string[] = [];
  for (const user of users) owners.push(...(await idsOf(session, user, all, signal)));
  const chosen = picked
    .filter((server) => users.length === 0 || owners.includes(server.user_id))
    .filter((server) => tags.length === 0 || foreignTags(server.tags).some((tag) => tags.includes(tag)));
  if (chosen.length > 0 || picked.length === 0) return chosen;
  const wanted = [
    ...(users.length === 0 ? [] : [`belongs to ${users.join(' or ')}`]),
    ...(tags.length === 0 ? [] : [`has the tag ${tags.join(' or ')}`]),
  ].join(' and ');
  const there = [
    ...(users.length === 0 ? [] : [`They belong to ${counted(picked.map((server) => server.user_id))}.`]),
    ...(tags.length === 0 ? [] : [`They have ${counted(picked.flatMap((server) => foreignTags(server.tags))) || 'no tags'}.`]),
  ].join(' ');
  const which =
    selection.servers.length === 0 ? `the ${picked.length} servers of project ${scope.projectName}` : 'the named servers';
  throw new Problem('E_NOT_FOUND', `None of ${which} ${wanted}. ${there}`);
}

/**
 * The ids of the users with an id or name. Identity API, "List users"; names are unique only within
 * a domain.
 */
async function idsOf(session: CloudSession, user: string, all: readonly ApiServer[], signal: AbortSignal): Promise<string[]> {
  const token = await session.token(signal);
  if (user === token.userName) return [token.userId];
  if (user === token.userId || all.some((server) => server.user_id === user)) return [user];
  try {
    const listing = { service: 'identity', path: '/users', key: 'users', query: { name: user } } as const;
    const found = await listAll<{ id: string }>(session, listing, signal);
    if (found.length > 0) return found.map(({ id }) => id);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'E_FORBIDDEN') throw error;
    throw new Problem('E_FORBIDDEN', `No server belongs to a user with the id ${user}, and only an admin may look up names.`, {
      about: user,
      hint: `Give the user's id: the servers belong to ${counted(all.map((server) => server.user_id))}.`,
      cause: error,
    });
  }
  throw new Problem(
    'E_NOT_FOUND',
    `There is no user ${user}; the servers belong to ${counted(all.map((server) => server.user_id))}.`,
    {
      about: user,
    },
  );
}

/** `web (3), db (1)`. */
function counted(values: readonly string[]): string {
  return [...new Set(values)]
    .sort()
    .map((value) => `${value} (${values.filter((one) => one === value).length})`)
    .join(', ');
}
