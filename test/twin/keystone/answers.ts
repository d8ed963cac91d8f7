import type { Cloud } from '../cloud.ts';
import type { Caller } from '../policy.ts';
import { forbidden } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';

/** Keystone's own words for a refused right. */
export function allow(caller: Caller, rule: string, ownUserId = ''): void {
  if (caller.admin || (ownUserId !== '' && ownUserId === caller.userId)) return;
  throw forbidden(`You are not authorized to perform the requested action: ${rule}.`, 'Forbidden');
}

/** The link of a thing to itself. */
export const self = (cloud: Cloud, path: string): { self: string } => ({ self: `${cloud.url('identity')}/v3/${path}` });

/**
 * Keystone cuts a list at its `list_limit`, says so, and links no further page
 * (keystone/server/flask/common.py, `wrap_collection` and `limit`).
 */
export function list(call: Call, key: string, all: readonly unknown[]): Answer {
  const query = call.query.size > 0 ? `?${call.query.toString()}` : '';
  const items = all.slice(0, call.cloud.settings.pageSize);
  const links = { next: null, previous: null, self: `${call.cloud.url('identity')}${call.path}${query}` };
  return { status: 200, body: { links, [key]: items, ...(items.length < all.length ? { truncated: true } : {}) } };
}

/** Those that the `name` of the query means; all without one. */
export const byName = <T extends { name: string }>(call: Call, items: Iterable<T>): T[] => {
  const name = call.query.get('name');
  return [...items].filter((item) => name === null || item.name === name);
};
