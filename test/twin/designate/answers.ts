import { badRequest, forbidden, Refusal } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import type { RecordSet, Zone } from './model.ts';

/** `default_limit_v2` and `max_limit_v2` of designate.conf. */
const limits = { usual: 20, most: 1000 };

/** A zone as Designate shows it (designate/objects/adapters/api_v2/zone.py). */
export function zoneView({ cloud }: Call, zone: Zone): Record<string, unknown> {
  return {
    id: zone.id,
    pool_id: '794ccc2c-d751-44fe-b57f-8894c9f5c842',
    project_id: zone.projectId,
    name: zone.name,
    email: zone.email,
    description: zone.description,
    ttl: zone.ttl,
    serial: zone.serial,
    status: zone.status,
    action: zone.action,
    version: zone.version,
    attributes: zone.attributes,
    type: zone.type,
    masters: zone.masters,
    created_at: zone.createdAt,
    updated_at: zone.updatedAt,
    transferred_at: null,
    links: { self: `${cloud.url('dns')}/v2/zones/${zone.id}` },
  };
}

/** A record set as Designate shows it (designate/objects/adapters/api_v2/recordset.py). */
export function recordSetView({ cloud }: Call, one: RecordSet): Record<string, unknown> {
  return {
    id: one.id,
    zone_id: one.zoneId,
    project_id: one.projectId,
    name: one.name,
    zone_name: cloud.state.zones.get(one.zoneId)?.name ?? '',
    type: one.type,
    records: one.records,
    description: one.description,
    ttl: one.ttl,
    status: one.status,
    action: one.action,
    version: one.version,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    links: { self: `${cloud.url('dns')}/v2/zones/${one.zoneId}/recordsets/${one.id}` },
  };
}

/**
 * A page of a list, which ends at its limit and links the next one if it is full; an unknown filter
 * is refused (designate/objects/adapters/api_v2/base.py; designate/api/v2/controllers/rest.py).
 */
export function pageOf(call: Call, key: string, all: readonly Record<string, unknown>[], filters: readonly string[]): Answer {
  const { query, cloud, path } = call;
  const paging = ['limit', 'marker', 'sort_key', 'sort_dir'];
  const unknown = [...query.keys()].find((name) => !paging.includes(name) && !filters.includes(name));
  if (unknown !== undefined) throw badRequest(`Invalid filters ${unknown}`, 'bad_request');
  const asked = Number(query.get('limit') ?? limits.usual);
  if (!Number.isInteger(asked) || asked < 1) throw badRequest('Invalid limit', 'invalid_limit');
  const fitting = all.filter((one) => filters.every((name) => !query.has(name) || String(one[name]) === query.get(name)));
  const marker = query.get('marker');
  const start = marker === null ? 0 : fitting.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && start === 0) throw badRequest(`Marker ${marker} could not be found`, 'marker_not_found');
  const limit = Math.min(asked, limits.most, cloud.settings.pageSize);
  const page = fitting.slice(start, start + limit);
  const self = `${cloud.url('dns')}${path}`;
  const next = new URLSearchParams(query);
  next.set('marker', String(page.at(-1)?.['id']));
  const links = page.length === limit ? { self, next: `${self}?${next.toString()}` } : { self };
  return { status: 200, body: { [key]: page, links, metadata: { total_count: fitting.length } } };
}

/** Whether the caller sees every project: an admin who asks for it (policy `all_tenants`). */
export function seesAll({ headers, caller }: Call): boolean {
  if (String(headers['x-auth-all-projects'] ?? '').toLowerCase() !== 'true') return false;
  if (!caller.admin) throw forbidden('Forbidden', 'forbidden');
  return true;
}

/** An object that its schema refuses: the body has the errors and no message. */
export function invalidObject(what: string): Refusal {
  return badRequest(what, 'invalid_object');
}

/** The refusal of what a quota has no room for (designate/quota/base.py). */
export function overQuota(resource: string): Refusal {
  return new Refusal(413, `Quota exceeded for ${resource}.`, 'over_quota');
}
