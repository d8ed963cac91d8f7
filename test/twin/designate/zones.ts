import { z } from 'zod';
import { quotaOf } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { badRequest, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { invalidObject, overQuota, pageOf, seesAll, zoneView } from './answers.ts';
import { type RecordSet, stampOf, type Zone } from './model.ts';
import { bringOut, touch } from './worker.ts';
import { placeOf } from './zone-names.ts';

/** designate/objects/zone.py. */
const changeable = {
  email: z.email().max(255),
  ttl: z.int().min(1).max(2_147_483_647),
  description: z.string().max(160).nullable(),
  masters: z.array(z.string()),
};
const Fields = z.strictObject({
  ...changeable,
  name: z.string(),
  type: z.enum(['PRIMARY', 'SECONDARY']),
  attributes: z.record(z.string(), z.string()),
});
const New = Fields.partial().extend({ name: Fields.shape.name });
const Change = z.strictObject(changeable).partial();

/** Reads a body by a schema, in the words of Designate. */
export function readObject<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body ?? {});
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalidObject(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** The zone that a path names, if the caller may see it. */
export function zoneOf(call: Call): Zone {
  const zone = call.cloud.state.zones.get(call.param('zone'));
  const { projectId } = call.caller;
  const isSeen = zone !== undefined && (zone.projectId === projectId || seesAll(call));
  if (!isSeen) throw notFound('Could not find Zone', 'zone_not_found');
  return zone;
}

/** Designate does not show the usual port. */
function usualPort(master: string): string {
  return master.replace(/:53$/, '');
}

/** What Designate keeps itself at the top of a zone. */
function managedSets(call: Call, zone: Zone): RecordSet[] {
  const server = `ns1.${call.cloud.settings.region.toLowerCase()}.example.net.`;
  const soa = `${server} ${(zone.email ?? '').replace('@', '.')}. ${zone.serial} 3600 600 86400 3600`;
  const sets = [{ type: 'SOA', record: soa }, ...(zone.type === 'PRIMARY' ? [{ type: 'NS', record: server }] : [])];
  return sets.map(({ type, record }) => ({
    id: newUuid(),
    zoneId: zone.id,
    projectId: zone.projectId,
    name: zone.name,
    type,
    ttl: null,
    description: null,
    records: [record],
    managed: true,
    status: 'PENDING',
    action: 'CREATE',
    version: 1,
    createdAt: stampOf(),
    updatedAt: null,
  }));
}

function create(call: Call): Answer {
  const { cloud, caller } = call;
  const { type = 'PRIMARY', ...given } = readObject(New, call.body);
  if (type === 'PRIMARY' && given.email === undefined) throw invalidObject("'email' is a required property");
  if (type === 'PRIMARY' && (given.masters ?? []).length > 0) throw invalidObject("'masters' has more items than allowed");
  if (type === 'SECONDARY' && (given.masters ?? []).length === 0) throw invalidObject("'masters' is a required property");
  if (type === 'SECONDARY' && (given.email ?? given.ttl) !== undefined)
    throw invalidObject("'email' can't be specified when type is SECONDARY");
  const limit = quotaOf(cloud, 'dns', caller.projectId, 'zones');
  const own = [...cloud.state.zones.values()].filter(({ projectId }) => projectId === caller.projectId);
  if (limit >= 0 && own.length + 1 > limit) throw overQuota('zones');
  const { above, below } = placeOf(call, given.name);
  const zone: Zone = {
    id: newUuid(),
    projectId: caller.projectId,
    name: given.name,
    type,
    email: given.email ?? 'hostmaster@example.com',
    ttl: given.ttl ?? 3600,
    description: given.description ?? null,
    masters: (given.masters ?? []).map(usualPort),
    attributes: given.attributes ?? {},
    serial: type === 'PRIMARY' ? Math.floor(Date.now() / 1000) : 1,
    parentId: above?.id ?? null,
    status: 'PENDING',
    action: 'CREATE',
    version: 1,
    createdAt: stampOf(),
    updatedAt: null,
  };
  cloud.state.zones.set(zone.id, zone);
  for (const one of managedSets(call, zone)) cloud.state.recordSets.set(one.id, one);
  for (const child of below) child.parentId = zone.id;
  bringOut(cloud, zone);
  cloud.changed();
  return { status: 202, body: zoneView(call, zone) };
}

function list(call: Call): Answer {
  const everyone = seesAll(call);
  const { projectId } = call.caller;
  const seen = [...call.cloud.state.zones.values()].filter((zone) => everyone || zone.projectId === projectId);
  const views = seen.map((zone) => zoneView(call, zone));
  return pageOf(call, 'zones', views, ['name', 'type', 'email', 'status', 'description', 'ttl']);
}

function change(call: Call): Answer {
  const zone = zoneOf(call);
  const given = readObject(Change, call.body);
  zone.email = given.email ?? zone.email;
  zone.ttl = given.ttl ?? zone.ttl;
  zone.description = given.description === undefined ? zone.description : given.description;
  zone.masters = given.masters?.map(usualPort) ?? zone.masters;
  touch(zone, 'UPDATE');
  bringOut(call.cloud, zone);
  call.cloud.changed();
  return { status: 202, body: zoneView(call, zone) };
}

function remove(call: Call): Answer {
  const zone = zoneOf(call);
  // designate/central/service.py, `delete_zone`.
  if ([...call.cloud.state.zones.values()].some(({ parentId }) => parentId === zone.id))
    throw badRequest('Please delete any subzones before deleting this zone', 'zone_has_sub_zone');
  touch(zone, 'DELETE');
  zone.action = 'DELETE';
  bringOut(call.cloud, zone);
  call.cloud.changed();
  return { status: 202, body: zoneView(call, zone) };
}

/** Zones (designate/api/v2/controllers/zones). */
export const zoneRoutes: readonly Route[] = [
  route('dns', 'GET', '/v2/zones', list),
  route('dns', 'POST', '/v2/zones', create),
  route('dns', 'GET', '/v2/zones/:zone', (call) => ({ status: 200, body: zoneView(call, zoneOf(call)) })),
  route('dns', 'PATCH', '/v2/zones/:zone', change),
  route('dns', 'DELETE', '/v2/zones/:zone', remove),
];
