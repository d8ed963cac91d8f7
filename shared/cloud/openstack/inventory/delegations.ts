import { inParallel } from '../../../concurrency/parallel.ts';
import type { ApiPerson } from '../api.ts';
import { listIfThere } from '../session/list-if-there.ts';
import type { CloudSession } from '../session/session.ts';
import { nameOfPerson } from './people.ts';
import type { Scope } from './scope.ts';

/** Users who are asked for at once. */
const width = 4;

/** What users have given to programs or to others, so that these act in a project. */
interface ApiDelegation {
  readonly id?: string;
  readonly name?: string;
  /** The key of an EC2 credential; its secret stands beside it and is never read. */
  readonly access?: string;
  readonly project_id?: string | null;
  readonly tenant_id?: string;
  readonly trustor_user_id?: string;
  readonly trustee_user_id?: string;
}

/** Who is asked for: our own user first, and whom an admin sees beside it. */
interface Givers {
  readonly self: ApiPerson;
  readonly others: readonly ApiPerson[];
}

/** Names the application credentials that users have for a project (Identity API v3). */
export function applicationCredentials(
  session: CloudSession,
  scope: Scope,
  givers: Givers,
  signal: AbortSignal,
): Promise<string[]> {
  return ofUsers(session, scope, givers, { path: 'application_credentials', key: 'application_credentials' }, signal);
}

/** Names the EC2 credentials that users have for a project (Identity API v3, OS-EC2). */
export function ec2Credentials(session: CloudSession, scope: Scope, givers: Givers, signal: AbortSignal): Promise<string[]> {
  return ofUsers(session, scope, givers, { path: 'credentials/OS-EC2', key: 'credentials' }, signal);
}

async function ofUsers(
  session: CloudSession,
  { projectId }: Scope,
  { self, others }: Givers,
  { path, key }: { readonly path: string; readonly key: string },
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  await inParallel([self, ...others], width, async (user) => {
    const listing = { service: 'identity', path: `/users/${encodeURIComponent(user.id)}/${path}`, key } as const;
    // Keystone answers 404 about a user who is no more, and whose roles it still lists.
    const all = await listIfThere<ApiDelegation>(session, listing, signal);
    const meant = all.filter((one) => (one.project_id ?? one.tenant_id) === projectId);
    const whose = user.id === self.id ? '' : ` of user ${nameOfPerson(user)}`;
    names.push(...meant.map((one) => `${one.name ?? one.access ?? one.id ?? 'one without a name'}${whose}`));
  });
  return names.sort();
}

/**
 * Names the trusts in a project by who gave them to whom. All of them are an admin's to list; those
 * of its own a user may (keystone/api/trusts.py, `_list_trusts`).
 */
export async function trustsIn(
  session: CloudSession,
  { projectId, admin }: Scope,
  { self, others }: Givers,
  signal: AbortSignal,
): Promise<string[]> {
  // Keystone answers 404 where trusts are switched off.
  const list = (query: Readonly<Record<string, string>>): Promise<ApiDelegation[]> =>
    listIfThere(session, { service: 'identity', path: '/OS-TRUST/trusts', key: 'trusts', query }, signal);
  const all = admin
    ? await list({})
    : [...(await list({ trustor_user_id: self.id })), ...(await list({ trustee_user_id: self.id }))];
  const known = new Map([self, ...others].map((user) => [user.id, nameOfPerson(user)]));
  const named = (id = 'someone'): string => known.get(id) ?? id;
  const meant = new Map(all.filter(({ project_id }) => project_id === projectId).map((one) => [one.id, one]));
  return [...meant.values()].map((one) => `of ${named(one.trustor_user_id)} to ${named(one.trustee_user_id)}`).sort();
}
