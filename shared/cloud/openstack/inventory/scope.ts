import { Problem } from '../../../problem.ts';
import type { ApiProject } from '../api.ts';
import { partOf } from '../session/answer.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { isAdmin } from '../session/token.ts';

/**
 * The project to read. `own`: the one of the credentials; any other needs the rights of an admin.
 */
export interface Scope {
  readonly projectId: string;
  readonly projectName: string;
  readonly own: boolean;
  readonly admin: boolean;
}

/**
 * Finds the selected project by id or name, by default the credentials' own. Throws E_NOT_FOUND,
 * E_FORBIDDEN.
 */
export async function scopeOf(session: CloudSession, project: string | undefined, signal: AbortSignal): Promise<Scope> {
  const token = await session.token(signal);
  const admin = isAdmin(token);
  if (project === undefined || project === token.projectId || project === token.projectName)
    return { projectId: token.projectId, projectName: token.projectName, own: true, admin };
  if (!admin) {
    throw new Problem(
      'E_FORBIDDEN',
      `The credentials are for project ${token.projectName}; only an admin may read project ${project}.`,
      {
        about: project,
        hint: 'Use credentials of that project, or of an admin.',
      },
    );
  }
  const found = await projectsCalled(session, project, signal);
  const [first] = found;
  if (first === undefined) throw new Problem('E_NOT_FOUND', `There is no project ${project}.`, { about: project });
  if (found.length > 1)
    throw new Problem(
      'E_NOT_FOUND',
      `Several projects are named ${project}: ${found.map((one) => one.id).join(', ')}; give the id.`,
      {
        about: project,
      },
    );
  return { projectId: first.id, projectName: first.name, own: false, admin };
}

/** The projects with an id or name. Keystone may tell only a part of a list without a filter. */
async function projectsCalled(session: CloudSession, project: string, signal: AbortSignal): Promise<readonly ApiProject[]> {
  const listing = { service: 'identity', path: '/projects', key: 'projects', query: { name: project } } as const;
  const named = await listAll<ApiProject>(session, listing, signal);
  const path = `/projects/${encodeURIComponent(project)}`;
  const call = { method: 'GET', service: 'identity', path, tolerate: [400, 403], mayBeGone: true, signal } as const;
  const { status, body } = await session.call(call);
  const own = status === 200 ? partOf<ApiProject>(body, 'project', `GET ${path}`) : undefined;
  // Keystone's database may compare without case.
  const exact = named.filter(({ id, name }) => name === project && id !== own?.id);
  return own === undefined ? exact : [own, ...exact];
}
