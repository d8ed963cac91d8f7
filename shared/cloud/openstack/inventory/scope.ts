import { Problem } from '../../../problem.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';

/**
 * The project to read. `own`: the one of the credentials; any other needs the rights of an admin.
 */
export interface Scope {
  readonly projectId: string;
  readonly projectName: string;
  readonly own: boolean;
  readonly admin: boolean;
}

interface ApiProject {
  readonly id: string;
  readonly name: string;
}

/**
 * Finds the selected project by id or name, by default the credentials' own. Throws E_NOT_FOUND,
 * E_FORBIDDEN.
 */
export async function scopeOf(session: CloudSession, project: string | undefined, signal: AbortSignal): Promise<Scope> {
  const token = await session.token(signal);
  const admin = token.roles.includes('admin');
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
  const all = await listAll<ApiProject>(session, { service: 'identity', path: '/projects', key: 'projects' }, signal);
  const found = all.filter((one) => one.id === project || one.name === project);
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
