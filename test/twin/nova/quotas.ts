import { z } from 'zod';
import { parse } from '../body.ts';
import { type Cloud, quotasOf } from '../cloud.ts';
import { requireAdmin } from '../policy.ts';
import { badRequest } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { QuotaSet } from '../state.ts';

/** Quotas that Nova once had for networks (until 2.35) and injected files (until 2.56). */
const networkQuotas = { fixed_ips: -1, floating_ips: -1, security_groups: -1, security_group_rules: -1 };
const fileQuotas = { injected_files: 5, injected_file_content_bytes: 10240, injected_file_path_bytes: 255 };

function limitsFor(call: Call, projectId: string): QuotaSet {
  return {
    ...quotasOf(call.cloud, 'compute', projectId),
    ...(call.minor < 36 ? networkQuotas : {}),
    ...(call.minor < 57 ? fileQuotas : {}),
  };
}

/** What a project uses of its compute quotas. */
function usage(cloud: Cloud, projectId: string): QuotaSet {
  const servers = [...cloud.state.servers.values()].filter((server) => server.projectId === projectId);
  const sum = (of: (server: (typeof servers)[number]) => number): number =>
    servers.reduce((total, server) => total + of(server), 0);
  const groups = [...cloud.state.serverGroups.values()].filter(({ project }) => project === projectId);
  return {
    server_groups: groups.length,
    instances: servers.length,
    cores: sum((server) => server.flavor.vcpus),
    ram: sum((server) => server.flavor.ramMiB),
  };
}

function checkProject(call: Call, rule: string): string {
  const project = call.param('project');
  if (project !== call.caller.projectId) requireAdmin(call.caller, rule);
  return project;
}

function show(call: Call): Answer {
  const project = checkProject(call, 'os_compute_api:os-quota-sets:show');
  return { status: 200, body: { quota_set: { id: project, ...limitsFor(call, project) } } };
}

function detail(call: Call): Answer {
  const project = checkProject(call, 'os_compute_api:os-quota-sets:detail');
  const used = usage(call.cloud, project);
  const entries = Object.entries(limitsFor(call, project)).map(([name, limit]) => [
    name,
    { limit, in_use: used[name] ?? 0, reserved: 0 },
  ]);
  return { status: 200, body: { quota_set: { id: project, ...Object.fromEntries(entries) } } };
}

function update(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-quota-sets:update');
  const project = call.param('project');
  const { quota_set } = parse(
    z.object({
      quota_set: z
        .object({ force: z.unknown().optional(), tenant_id: z.string().optional() })
        .catchall(z.coerce.number().int().min(-1)),
    }),
    call.body,
  );
  const { force, tenant_id: _tenant, ...given } = quota_set;
  const known = limitsFor(call, project);
  const used = usage(call.cloud, project);
  const changed: QuotaSet = {};
  for (const [name, limit] of Object.entries(given) as [string, number][]) {
    if (known[name] === undefined) throw badRequest(`Additional properties are not allowed ('${name}' was unexpected)`);
    const inUse = used[name] ?? 0;
    if (force !== true && limit >= 0 && limit < inUse)
      throw badRequest(`Quota limit ${limit} for ${name} must be greater than or equal to already used and reserved ${inUse}.`);
    changed[name] = limit;
  }
  call.cloud.state.quotas.set(`compute:${project}`, { ...call.cloud.state.quotas.get(`compute:${project}`), ...changed });
  call.cloud.changed();
  return { status: 200, body: { quota_set: limitsFor(call, project) } };
}

function reset(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-quota-sets:delete');
  call.cloud.state.quotas.delete(`compute:${call.param('project')}`);
  call.cloud.changed();
  return { status: 202 };
}

function limits(call: Call): Answer {
  const tenant = call.query.get('tenant_id') ?? call.caller.projectId;
  if (tenant !== call.caller.projectId) requireAdmin(call.caller, 'os_compute_api:limits:other_project');
  const limit = limitsFor(call, tenant);
  const used = usage(call.cloud, tenant);
  const absolute: Record<string, number | undefined> = {
    maxTotalInstances: limit['instances'],
    maxTotalCores: limit['cores'],
    maxTotalRAMSize: limit['ram'],
    maxServerMeta: limit['metadata_items'],
    maxTotalKeypairs: limit['key_pairs'],
    maxServerGroups: limit['server_groups'],
    maxServerGroupMembers: limit['server_group_members'],
    totalInstancesUsed: used['instances'],
    totalCoresUsed: used['cores'],
    totalRAMUsed: used['ram'],
    totalServerGroupsUsed: used['server_groups'],
  };
  if (call.minor < 36) {
    const none = {
      maxTotalFloatingIps: -1,
      maxSecurityGroups: -1,
      maxSecurityGroupRules: -1,
      totalFloatingIpsUsed: 0,
      totalSecurityGroupsUsed: 0,
    };
    Object.assign(absolute, none);
  }
  if (call.minor < 57) Object.assign(absolute, { maxPersonality: 5, maxPersonalitySize: 10240 });
  if (call.minor < 39) absolute['maxImageMeta'] = limit['metadata_items'];
  return { status: 200, body: { limits: { rate: [], absolute } } };
}

/** Quotas and limits of Nova. */
export const computeQuotaRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/os-quota-sets/:project', show),
  route('compute', 'GET', '/v2.1/os-quota-sets/:project/detail', detail),
  route('compute', 'GET', '/v2.1/os-quota-sets/:project/defaults', (call) => ({
    status: 200,
    body: { quota_set: { id: call.param('project'), ...call.cloud.settings.quotas.compute } },
  })),
  route('compute', 'PUT', '/v2.1/os-quota-sets/:project', update),
  route('compute', 'DELETE', '/v2.1/os-quota-sets/:project', reset),
  route('compute', 'GET', '/v2.1/limits', limits),
];
