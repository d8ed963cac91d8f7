import { badRequest } from '../refusal.ts';
import type { Call } from '../route.ts';

/** Nova's largest page ([api] max_limit). */
const largestPage = 1000;

/** One page and the link to the next. */
export interface Page<T> {
  readonly page: readonly T[];
  readonly links: readonly { rel: string; href: string }[];
}

/**
 * Cuts a page by `limit` and `marker`; a full page links to a next one, which may be empty. `path`
 * is where the list is, below `base`.
 */
export function pageOf<T extends { readonly id: string }>(
  call: Call,
  items: readonly T[],
  path: string,
  base = `${call.cloud.url('compute')}/v2.1`,
): Page<T> {
  const { query, cloud } = call;
  const asked = query.get('limit');
  if (asked !== null && !/^\d+$/.test(asked)) throw badRequest(`Invalid input for query parameters limit. Value: ${asked}.`);
  const most = Math.min(largestPage, cloud.settings.pageSize);
  const limit = asked === null || asked === '0' ? most : Math.min(Number(asked), most);
  const marker = query.get('marker');
  const at = marker === null ? -1 : items.findIndex((item) => item.id === marker);
  if (marker !== null && at < 0) throw badRequest(`marker [${marker}] not found`);
  const page = items.slice(at + 1, at + 1 + limit);
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return { page, links: [] };
  const next = new URLSearchParams(query);
  next.set('marker', last.id);
  return { page, links: [{ rel: 'next', href: `${base}/${path}?${next.toString()}` }] };
}
