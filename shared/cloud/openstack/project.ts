import type { ApiProject } from './api.ts';
import { partOf } from './session/answer.ts';
import type { CloudSession } from './session/session.ts';

/** Reads a project; null where the cloud does not show it to these credentials. */
export async function readProject(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiProject | null> {
  const path = pathOf(id);
  const { status, body } = await session.call({ method: 'GET', service: 'identity', path, tolerate: [403, 404], signal });
  return status === 200 ? partOf<ApiProject>(body, 'project', `GET ${path}`) : null;
}

/** Sets the description; only an admin may (keystone/common/policies/project.py). */
export async function describeProject(
  session: CloudSession,
  id: string,
  description: string,
  signal: AbortSignal,
): Promise<void> {
  await session.call({ method: 'PATCH', service: 'identity', path: pathOf(id), body: { project: { description } }, signal });
}

/** Adds or removes one tag. Each may be repeated: one that is gone is no error. */
export async function tagProject(
  session: CloudSession,
  id: string,
  tag: string,
  signal: AbortSignal,
  method: 'PUT' | 'DELETE' = 'PUT',
): Promise<void> {
  const path = `${pathOf(id)}/tags/${encodeURIComponent(tag)}`;
  await session.call({ method, service: 'identity', path, mayBeGone: method === 'DELETE', signal });
}

function pathOf(id: string): string {
  return `/projects/${encodeURIComponent(id)}`;
}
