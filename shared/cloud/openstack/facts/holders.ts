import { Problem } from '../../../problem.ts';
import type { CloudFacts } from '../../facts.ts';
import type { ApiPerson } from '../api.ts';
import { readProject } from '../project.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { isAdmin, type Token } from '../session/token.ts';

/** How long a cloud may take to list them, and how many are told: a directory may hold more. */
const patienceMs = 5_000;
const mostTold = 1_000;

/**
 * The users and groups to whom roles can be granted, by the domain of the project; none where the
 * credentials may not list them (keystone/common/policies/user.py and group.py), or there are many.
 */
export async function holdersThere(
  session: CloudSession,
  token: Token,
  signal: AbortSignal,
): Promise<Pick<CloudFacts, 'users' | 'groups'>> {
  if (!isAdmin(token)) return { users: [], groups: [] };
  const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const list = async (kind: 'users' | 'groups', domain_id: string): Promise<CloudFacts['users']> => {
    const listing = { service: 'identity', path: `/${kind}`, key: kind, query: { domain_id } } as const;
    const all = await listAll<ApiPerson>(session, listing, soon);
    return all.length > mostTold ? [] : all.map(({ id, name }) => ({ id, name: name ?? '' }));
  };
  try {
    const domain = (await readProject(session, token.projectId, soon))?.domain_id;
    if (domain === undefined) return { users: [], groups: [] };
    const [users, groups] = await Promise.all([list('users', domain), list('groups', domain)]);
    return { users, groups };
  } catch (error) {
    if (signal.aborted || !(error instanceof Problem)) throw error;
    return { users: [], groups: [] };
  }
}
