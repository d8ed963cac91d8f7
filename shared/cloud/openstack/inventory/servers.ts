import type { Concern } from '../../../model/concern.ts';
import { Problem } from '../../../problem.ts';
import type { ApiServer } from '../api.ts';
import { partOf } from '../session/answer.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { unreadable } from './readable.ts';
import type { Scope } from './scope.ts';

/** Servers on one page: each may have 64 KiB of user data, and a page is parsed in one turn. */
const serversAtOnce = 100;

/** Lists the project's servers, in the order they were created. */
export async function listServers(session: CloudSession, scope: Scope, signal: AbortSignal): Promise<ApiServer[]> {
  const whose = scope.own ? {} : { all_tenants: true, project_id: scope.projectId };
  const query = { ...whose, limit: serversAtOnce, sort_key: 'created_at', sort_dir: 'asc' };
  const servers = await listAll<ApiServer>(
    session,
    { service: 'compute', path: '/servers/detail', key: 'servers', query },
    signal,
  );
  return servers.filter((server) => server.tenant_id === scope.projectId);
}

/**
 * Reports servers in cells that are down. Nova names them (from 2.69) only without filter, sort
 * or page (nova/api/openstack/compute/servers.py, `_is_cell_down_supported`).
 */
export async function downServers(session: CloudSession, scope: Scope, signal: AbortSignal): Promise<Concern[]> {
  if (!scope.own || !(await session.knows('2.69', signal))) return [];
  const { body } = await session.call({ method: 'GET', service: 'compute', path: '/servers', signal });
  type Listed = readonly { readonly id: string; readonly status?: string }[];
  const servers = partOf<Listed>(body, 'servers', 'GET /servers');
  return servers
    .filter(({ status }) => status === 'UNKNOWN')
    .map(({ id }) => unreadable('server', id, 'the part of the cloud that it lies in (a cell of Nova) is down'));
}

/**
 * Picks servers by id or name, in the given order; all of them if none is named. Throws
 * E_NOT_FOUND.
 */
export function pickServers(all: readonly ApiServer[], wanted: readonly string[]): readonly ApiServer[] {
  if (wanted.length === 0) return all;
  const picked = wanted.map((name) => pick(all, name));
  return [...new Set(picked)];
}

function pick(all: readonly ApiServer[], wanted: string): ApiServer {
  const byId = all.find((server) => server.id === wanted);
  if (byId !== undefined) return byId;
  const [first, ...others] = all.filter((server) => server.name === wanted);
  if (first === undefined) throw new Problem('E_NOT_FOUND', `The project has no server named ${wanted}.`, { about: wanted });
  if (others.length === 0) return first;
  const ids = [first, ...others].map((server) => server.id).join(' and ');
  throw new Problem('E_NOT_FOUND', `${others.length + 1} servers are named ${wanted}: ${ids}; give the id.`, { about: wanted });
}
