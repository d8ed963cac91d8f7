import { z } from 'zod';
import { quotaOf } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { overQuota, pageOf, recordSetView } from './answers.ts';
import { type RecordSet, stampOf, type Zone } from './model.ts';
import { bringOut, recordSetsOf, touch } from './worker.ts';
import { isWithin } from './zone-names.ts';
import { readObject, zoneOf } from './zones.ts';

/** designate/objects/recordset.py. */
const changeable = {
  ttl: z.int().min(0).max(2_147_483_647).nullable().optional(),
  description: z.string().max(160).nullable().optional(),
  records: z.array(z.string()),
};
const New = z.strictObject({ ...changeable, name: z.string(), type: z.string() });
const Change = z.strictObject({ ...changeable, records: changeable.records.optional() });

const misplaced = (message: string) => badRequest(message, 'invalid_recordset_location');

/** designate/central/service.py, `_is_valid_recordset_placement` and its neighbours. */
function mustFit({ cloud }: Call, zone: Zone, name: string, type: string): void {
  if (type === 'SOA') throw badRequest('Creating a SOA recordset is not allowed', 'bad_request');
  if (!isWithin(name, zone.name)) throw misplaced("RecordSet is not contained within it's parent zone");
  if (type === 'CNAME' && name === zone.name) throw misplaced('CNAME recordsets may not be created at the zone apex');
  const same = recordSetsOf(cloud, zone).filter((one) => one.name === name);
  if (same.some((one) => one.type === type)) throw conflict('Duplicate RecordSet', 'duplicate_recordset');
  if (same.some((one) => type === 'CNAME' || one.type === 'CNAME'))
    throw misplaced('CNAME recordsets may not share a name with any other records');
  const child = [...cloud.state.zones.values()].find((one) => one.parentId === zone.id && isWithin(name, one.name));
  if (name !== zone.name && child !== undefined) throw misplaced(`RecordSet belongs in a child zone: ${child.name}`);
}

/** designate/central/service.py, `_enforce_recordset_quota` and `_enforce_record_quota`. */
function mustHaveRoom({ cloud }: Call, zone: Zone, records: readonly string[]): void {
  const all = recordSetsOf(cloud, zone);
  const used = all.filter(({ managed }) => !managed).reduce((sum, one) => sum + one.records.length, 0);
  const wanted = { zone_recordsets: all.length + 1, zone_records: used + records.length, recordset_records: records.length };
  for (const [resource, count] of Object.entries(wanted)) {
    const limit = quotaOf(cloud, 'dns', zone.projectId, resource);
    if (limit >= 0 && count > limit) throw overQuota(resource);
  }
}

function recordSetOf(call: Call): RecordSet {
  const zone = zoneOf(call);
  const one = call.cloud.state.recordSets.get(call.param('set'));
  if (one === undefined || one.zoneId !== zone.id) throw notFound('Could not find RecordSet', 'recordset_not_found');
  return one;
}

/** The zone changes with its record sets. */
function changed(call: Call, zone: Zone): void {
  zone.serial = Math.max(zone.serial + 1, Math.floor(Date.now() / 1000));
  touch(zone, 'UPDATE');
  bringOut(call.cloud, zone);
  call.cloud.changed();
}

function create(call: Call): Answer {
  const zone = zoneOf(call);
  const given = readObject(New, call.body);
  if (zone.action === 'DELETE') throw badRequest('Can not update a deleting zone', 'bad_request');
  mustHaveRoom(call, zone, given.records);
  mustFit(call, zone, given.name, given.type);
  const one: RecordSet = {
    id: newUuid(),
    zoneId: zone.id,
    projectId: zone.projectId,
    name: given.name,
    type: given.type,
    ttl: given.ttl ?? null,
    description: given.description ?? null,
    records: [...new Set(given.records)],
    managed: false,
    status: 'PENDING',
    action: 'CREATE',
    version: 1,
    createdAt: stampOf(),
    updatedAt: null,
  };
  call.cloud.state.recordSets.set(one.id, one);
  changed(call, zone);
  return { status: 202, body: recordSetView(call, one) };
}

function mustBeUnmanaged(one: RecordSet, verb: 'updated' | 'deleted'): void {
  if (one.managed) throw badRequest(`Managed records may not be ${verb}`, 'bad_request');
}

function change(call: Call): Answer {
  const one = recordSetOf(call);
  mustBeUnmanaged(one, 'updated');
  const given = readObject(Change, call.body);
  one.ttl = given.ttl === undefined ? one.ttl : given.ttl;
  one.description = given.description === undefined ? one.description : given.description;
  one.records = given.records ?? one.records;
  touch(one, 'UPDATE');
  changed(call, zoneOf(call));
  return { status: 202, body: recordSetView(call, one) };
}

function remove(call: Call): Answer {
  const one = recordSetOf(call);
  mustBeUnmanaged(one, 'deleted');
  touch(one, 'DELETE');
  one.action = 'DELETE';
  changed(call, zoneOf(call));
  return { status: 202, body: recordSetView(call, one) };
}

function list(call: Call): Answer {
  const views = recordSetsOf(call.cloud, zoneOf(call)).map((one) => recordSetView(call, one));
  return pageOf(call, 'recordsets', views, ['name', 'type', 'ttl', 'data', 'description', 'status']);
}

const one = '/v2/zones/:zone/recordsets/:set';

/** Record sets (designate/api/v2/controllers/zones/recordsets.py). */
export const recordSetRoutes: readonly Route[] = [
  route('dns', 'GET', '/v2/zones/:zone/recordsets', list),
  route('dns', 'POST', '/v2/zones/:zone/recordsets', create),
  route('dns', 'GET', one, (call) => ({ status: 200, body: recordSetView(call, recordSetOf(call)) })),
  route('dns', 'PUT', one, change),
  route('dns', 'DELETE', one, remove),
];
