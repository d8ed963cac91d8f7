import type { ApiServerGroup, ApiThing } from '../api.ts';
import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** A server group as an older Nova shows it (before 2.64). */
interface Shown extends ApiThing {
  readonly id: string;
  readonly name: string;
  readonly policy?: string;
  readonly policies?: readonly string[];
  readonly members: readonly string[];
}

const path = '/os-server-groups';

/**
 * Lists the server groups of the session's project, or of all; null where the cloud or a policy
 * refuses. Nova cuts the list at its `max_limit` and links no further page, so it is asked for more
 * until there are none (nova/api/openstack/common.py, `limited`).
 */
export async function listServerGroups(
  session: CloudSession,
  whose: { readonly all_projects?: true },
  signal: AbortSignal,
): Promise<readonly ApiServerGroup[] | null> {
  const found = new Map<string, ApiServerGroup>();
  for (;;) {
    const query = found.size === 0 ? whose : { ...whose, offset: found.size };
    const { status, body } = await session.call({
      method: 'GET',
      service: 'compute',
      path,
      query,
      tolerate: [403, 404],
      signal,
    });
    if (status !== 200) return null;
    const fresh = partOf<readonly Shown[]>(body, 'server_groups', `GET ${path}`).filter(({ id }) => !found.has(id));
    if (fresh.length === 0) return [...found.values()];
    for (const one of fresh) found.set(one.id, withPolicy(one));
  }
}

/** A group with its policy under one name. */
export function withPolicy(shown: Shown): ApiServerGroup {
  return { ...shown, policy: shown.policy ?? shown.policies?.[0] ?? '' };
}
