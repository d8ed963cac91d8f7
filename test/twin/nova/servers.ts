import { z } from 'zod';
import { parse } from '../body.ts';
import { mayUse } from '../policy.ts';
import { badRequest, conflict, forbidden } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { removeServer } from './build.ts';
import { createServer } from './create.ts';
import { checkUnlocked, serverOf, touchServer } from './instance.ts';
import type { Server } from './model.ts';
import { serverName } from './names.ts';
import { pageOf } from './paging.ts';
import { groupOf } from './server-groups.ts';
import { partialView, serverBrief, serverView, statusOf } from './view.ts';

/** Query parameters that every caller may use; others are for admins and ignored for members. */
const knownFilters = [
  'name',
  'status',
  'image',
  'flavor',
  'ip',
  'ip6',
  'uuid',
  'vm_state',
  'task_state',
  'power_state',
  'host',
  'user_id',
  'project_id',
  'tenant_id',
  'key_name',
  'description',
  'locked',
  'hostname',
  'availability_zone',
  'created_at',
  'launched_at',
  'reservation_id',
  'tags',
  'tags-any',
  'not-tags',
  'not-tags-any',
  'changes-since',
  'changes-before',
  'all_tenants',
  'deleted',
  'limit',
  'marker',
  'sort_key',
  'sort_dir',
  'config_drive',
];

/** Statuses that can be asked for; since 2.38 any other word is refused. */
const knownStatuses: ReadonlySet<string> = new Set([
  'ACTIVE',
  'BUILD',
  'DELETED',
  'ERROR',
  'HARD_REBOOT',
  'MIGRATING',
  'PASSWORD',
  'PAUSED',
  'REBOOT',
  'REBUILD',
  'RESCUE',
  'RESIZE',
  'REVERT_RESIZE',
  'SHELVED',
  'SHELVED_OFFLOADED',
  'SHUTOFF',
  'SOFT_DELETED',
  'SUSPENDED',
  'UNKNOWN',
  'VERIFY_RESIZE',
]);

function listServers(call: Call, detail: boolean): Answer {
  const { query, caller, cloud } = call;
  const unknown = [...query.keys()].filter((key) => !knownFilters.includes(key));
  // 2.75 made Nova strict about parameters it does not know.
  if (call.minor >= 75 && unknown.length > 0) throw badRequest(`'${unknown[0]}' does not match any of the regexes: '^_'`);
  const wrong = query.getAll('status').find((each) => !knownStatuses.has(each.toUpperCase()));
  if (wrong !== undefined && call.minor >= 38) throw badRequest('Invalid status value');
  const everybody = ['1', 'true', 't', 'yes', ''].includes(query.get('all_tenants')?.toLowerCase() ?? '0');
  if (everybody && !caller.admin) {
    throw forbidden(
      `Policy doesn't allow os_compute_api:servers:${detail ? 'detail' : 'index'}:get_all_tenants to be performed.`,
    );
  }
  const tenant = query.get('project_id') ?? query.get('tenant_id');
  const own = (server: Server): boolean =>
    everybody ? tenant === null || server.projectId === tenant : server.projectId === caller.projectId;
  // nova/api/openstack/compute/servers.py, _is_cell_down_supported: what lies in a cell that is
  // down is shown in part, but only where nothing is filtered, sorted or paged; else it is left
  // out.
  const isDown = (server: Server): boolean => cloud.faults.take('cell-down', server.name) !== undefined;
  const partly = call.minor >= 69 && [...query.keys()].every((key) => key === 'all_tenants');
  const found = [...cloud.state.servers.values()]
    .filter((server) => own(server) && fits(call, server) && (partly || !isDown(server)))
    .reverse();
  const { page, links } = pageOf(call, sorted(call, found), detail ? 'servers/detail' : 'servers');
  const servers = page.map((server) => {
    if (partly && isDown(server)) return partialView(cloud, server, detail);
    return detail ? serverView(call, server) : serverBrief(cloud, server);
  });
  return { status: 200, body: { servers, ...(links.length > 0 ? { servers_links: links } : {}) } };
}

function fits(call: Call, server: Server): boolean {
  const { query, cloud, caller } = call;
  const equal = (key: string, actual: string | null): boolean => !query.has(key) || query.getAll(key).includes(actual ?? '');
  const status = query.getAll('status').map((each) => each.toUpperCase());
  if (status.length > 0 && !status.includes(statusOf(server))) return false;
  if (!matches(query.get('name'), server.name) || !fitsTags(call, server) || !fitsAddress(call, server)) return false;
  if (!equal('image', server.imageId) || !equal('flavor', server.flavor.id) || !equal('uuid', server.id)) return false;
  if (!equal('vm_state', server.vmState) || !equal('reservation_id', server.reservationId)) return false;
  const since = query.get('changes-since');
  if (since !== null && Date.parse(server.updatedAt) < Date.parse(since)) return false;
  if (call.minor >= 73 && query.has('locked') && (query.get('locked')?.toLowerCase() === 'true') !== server.locked) return false;
  if (!caller.admin && call.minor < 83) return true;
  return (
    equal('host', server.host) &&
    equal('user_id', server.userId) &&
    equal('key_name', server.keyName) &&
    equal('task_state', server.taskState ?? '') &&
    cloud.state.servers.has(server.id)
  );
}

/**
 * Names and addresses are regular expressions to Nova, as its database reads them: found anywhere
 * in the text.
 */
function matches(pattern: string | null, actual: string): boolean {
  if (pattern === null) return true;
  try {
    return new RegExp(pattern, 'iu').test(actual);
  } catch {
    throw badRequest(`Invalid input for query parameters name. Value: ${pattern}.`);
  }
}

function fitsAddress(call: Call, server: Server): boolean {
  for (const [key, separator] of [
    ['ip', '.'],
    ['ip6', ':'],
  ] as const) {
    const pattern = call.query.get(key);
    if (pattern === null) continue;
    const own = server.portIds.flatMap((id) => call.cloud.state.ports.get(id)?.fixedIps ?? []).map((fixed) => fixed.ip_address);
    if (!own.some((address) => address.includes(separator) && matches(pattern, address))) return false;
  }
  return true;
}

function fitsTags(call: Call, server: Server): boolean {
  if (call.minor < 26) return true;
  const asked = (key: string): string[] | undefined => call.query.get(key)?.split(',');
  const has = (tag: string): boolean => server.tags.includes(tag);
  if (asked('tags')?.every(has) === false || asked('tags-any')?.some(has) === false) return false;
  return asked('not-tags')?.every(has) !== true && asked('not-tags-any')?.some(has) !== true;
}

/** Newest first unless asked otherwise. */
function sorted(call: Call, servers: readonly Server[]): readonly Server[] {
  const keys = call.query.getAll('sort_key');
  if (keys.length === 0) return servers;
  const directions = call.query.getAll('sort_dir');
  const fieldOf = (server: Server, key: string): string => {
    const fields: Record<string, string> = {
      display_name: server.name,
      name: server.name,
      uuid: server.id,
      created_at: server.createdAt,
      updated_at: server.updatedAt,
      vm_state: server.vmState,
    };
    return fields[key] ?? '';
  };
  return [...servers].sort((left, right) => {
    for (const [index, key] of keys.entries()) {
      const a = fieldOf(left, key);
      const b = fieldOf(right, key);
      if (a !== b) return (a < b ? -1 : 1) * (directions[index] === 'asc' ? 1 : -1);
    }
    return 0;
  });
}

/** One server; its groups are shown here and not in lists. */
function showServer(call: Call): Answer {
  const server = serverOf(call);
  const view = serverView(call, server);
  const group = groupOf(call.cloud, server);
  const server_groups = group === undefined ? [] : [group.id];
  return { status: 200, body: { server: call.minor >= 71 ? { ...view, server_groups } : view } };
}

const changes = z.strictObject({
  server: z.strictObject({
    name: serverName.optional(),
    description: z.string().max(255).nullish(),
    hostname: z.string().max(255).optional(),
    accessIPv4: z.string().optional(),
    accessIPv6: z.string().optional(),
    'OS-DCF:diskConfig': z.enum(['AUTO', 'MANUAL']).optional(),
  }),
});

function updateServer(call: Call): Answer {
  const server = serverOf(call);
  const given = parse(changes, call.body).server;
  if (given.description !== undefined && call.minor < 19)
    throw badRequest("Additional properties are not allowed ('description' was unexpected)");
  if (given.hostname !== undefined && call.minor < 90)
    throw badRequest("Additional properties are not allowed ('hostname' was unexpected)");
  server.name = given.name ?? server.name;
  if (given.description !== undefined) server.description = given.description;
  server.hostname = given.hostname ?? server.hostname;
  server.accessIPv4 = given.accessIPv4 ?? server.accessIPv4;
  server.accessIPv6 = given.accessIPv6 ?? server.accessIPv6;
  server.diskConfig = given['OS-DCF:diskConfig'] ?? server.diskConfig;
  touchServer(call.cloud, server);
  return { status: 200, body: { server: serverView(call, server) } };
}

function deleteServer(call: Call): Answer {
  const server = serverOf(call);
  if (!mayUse(call.caller, server.projectId)) throw conflict('not yours');
  checkUnlocked(call, server);
  if (server.taskState !== 'deleting') removeServer(call.cloud, server);
  return { status: 204 };
}

/** Servers. */
export const serverRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/servers', (call) => listServers(call, false)),
  route('compute', 'GET', '/v2.1/servers/detail', (call) => listServers(call, true)),
  route('compute', 'POST', '/v2.1/servers', createServer),
  route('compute', 'GET', '/v2.1/servers/:id', (call) => showServer(call)),
  route('compute', 'PUT', '/v2.1/servers/:id', updateServer),
  route('compute', 'DELETE', '/v2.1/servers/:id', deleteServer),
];
