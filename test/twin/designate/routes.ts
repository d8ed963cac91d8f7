import { z } from 'zod';
import { quotasOf } from '../cloud.ts';
import { forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { pageOf, seesAll } from './answers.ts';
import { recordSetRoutes } from './record-sets.ts';
import { readObject, zoneRoutes } from './zones.ts';

const Pointing = z.strictObject({
  ptrdname: z.string().nullable(),
  ttl: z.int().nullable().optional(),
  description: z.string().nullable().optional(),
});

/** designate/central/service.py, `list_floatingips`: all of the project, with a name or without. */
function pointers(call: Call): Answer {
  const own = [...call.cloud.state.floatingIps.values()].filter(({ project }) => project === call.caller.projectId);
  const views = own.map(({ id, address }) => {
    const { ptrdname = null, ttl = null, description = null } = call.cloud.state.pointers.get(id) ?? {};
    const status = ptrdname === null ? null : 'ACTIVE';
    return { id: `${call.cloud.settings.region}:${id}`, address, ptrdname, ttl, description, status, action: 'NONE' };
  });
  return pageOf(call, 'floatingips', views, []);
}

function point(call: Call): Answer {
  const [, floatingId = ''] = call.param('id').split(':');
  const floating = call.cloud.state.floatingIps.get(floatingId);
  if (floating?.project !== call.caller.projectId) throw notFound(`FloatingIP ${floatingId} is not associated`, 'not_found');
  const { ptrdname, ttl = null, description = null } = readObject(Pointing, call.body);
  if (ptrdname === null) call.cloud.state.pointers.delete(floatingId);
  else call.cloud.state.pointers.set(floatingId, { floatingId, ptrdname, ttl, description });
  call.cloud.changed();
  return { status: 202, body: { id: call.param('id'), ptrdname, ttl, description } };
}

function quotas(call: Call): Answer {
  const project = call.param('project');
  if (project !== call.caller.projectId && !seesAll(call)) throw forbidden('Forbidden', 'forbidden');
  return { status: 200, body: quotasOf(call.cloud, 'dns', project) };
}

/** The routes of Designate. */
export const dnsRoutes: readonly Route[] = [
  ...zoneRoutes,
  ...recordSetRoutes,
  route('dns', 'GET', '/v2/quotas/:project', quotas),
  route('dns', 'GET', '/v2/zones/tasks/transfer_requests', (call) => pageOf(call, 'transfer_requests', [], ['status'])),
  route('dns', 'GET', '/v2/reverse/floatingips', pointers),
  route('dns', 'PATCH', '/v2/reverse/floatingips/:id', point),
];
