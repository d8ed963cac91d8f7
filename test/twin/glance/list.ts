import type { Caller } from '../policy.ts';
import { badRequest } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { textOf } from '../text.ts';
import { imageView } from './images.ts';
import type { Image } from './model.ts';

/** Glance's default page (limit_param_default) and its largest (api_limit_max). */
const defaultPage = 25;
const largestPage = 1000;
const notFilters: ReadonlySet<string> = new Set([
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'member_status',
  'tag',
  'os_hidden',
]);

/** GET /v2/images (Image API v2, "List images"): pages of at most 25 unless asked otherwise. */
export function listImages(call: Call): Answer {
  const { query, cloud } = call;
  const limit = pageLimit(query.get('limit'), cloud.settings.pageSize);
  const fitting = sorted(
    [...cloud.state.images.values()].filter((image) => isListed(call.caller, query, image) && fits(query, image)),
    query,
  );
  const marker = query.get('marker');
  const start = marker === null ? 0 : fitting.findIndex((image) => image.id === marker) + 1;
  if (marker !== null && start === 0) throw badRequest(`No image found with ID ${marker}`);
  const page = fitting.slice(start, start + limit);
  const last = page.at(-1);
  const others = new URLSearchParams(query);
  others.delete('marker');
  const first = `/v2/images${others.size > 0 ? `?${others.toString()}` : ''}`;
  const body: Record<string, unknown> = { images: page.map(imageView), first, schema: '/v2/schemas/images' };
  // A full page promises a next one, which may be empty.
  if (last !== undefined && page.length === limit) {
    others.set('marker', last.id);
    body['next'] = `/v2/images?${others.toString()}`;
  }
  return { status: 200, body };
}

function pageLimit(asked: string | null, pageSize: number): number {
  const largest = Math.min(largestPage, pageSize);
  if (asked === null) return Math.min(defaultPage, largest);
  if (!/^\d+$/.test(asked)) throw badRequest('limit param must be an integer');
  return Math.min(Number(asked), largest);
}

/** Which images a caller finds in a list: not the same as which it may open. */
function isListed(caller: Caller, query: URLSearchParams, image: Image): boolean {
  const asked = query.get('visibility');
  if (image.hidden !== (query.get('os_hidden')?.toLowerCase() === 'true')) return false;
  if (asked !== null && asked !== 'all' && image.visibility !== asked) return false;
  const own = image.owner === caller.projectId;
  if (own || image.visibility === 'public') return true;
  // Whoever else's filter it is: `owner` is the caller's own project
  // (glance/db/sqlalchemy/api.py, image_get_all).
  if (image.visibility === 'community') return asked === 'community' || asked === 'all';
  if (caller.admin) return true;
  const answer = image.members[caller.projectId];
  const wanted = query.get('member_status') ?? 'accepted';
  return image.visibility === 'shared' && answer !== undefined && (wanted === 'all' || wanted === answer);
}

function fits(query: URLSearchParams, image: Image): boolean {
  if (query.getAll('tag').some((tag) => !image.tags.includes(tag))) return false;
  const view = imageView(image);
  for (const [key, wanted] of query) if (!notFilters.has(key) && !fitsOne(view, key, wanted)) return false;
  return true;
}

function fitsOne(view: Record<string, unknown>, key: string, wanted: string): boolean {
  if (key === 'size_min') return Number(view['size'] ?? 0) >= Number(wanted);
  if (key === 'size_max') return Number(view['size'] ?? 0) <= Number(wanted);
  const actual = textOf(view[key]);
  if (key === 'protected') return actual === wanted.toLowerCase();
  if (key === 'created_at' || key === 'updated_at') return fitsTime(actual, wanted);
  if (wanted.startsWith('in:')) return splitValues(wanted.slice(3)).includes(actual);
  return view[key] !== undefined && view[key] !== null && actual === wanted;
}

function fitsTime(actual: string, wanted: string): boolean {
  const parts = /^(gte|gt|lte|lt|eq|neq):(.*)$/.exec(wanted);
  const left = Date.parse(actual);
  const right = Date.parse(parts?.[2] ?? wanted);
  const tests = {
    gte: left >= right,
    gt: left > right,
    lte: left <= right,
    lt: left < right,
    eq: left === right,
    neq: left !== right,
  };
  return tests[(parts?.[1] ?? 'eq') as keyof typeof tests];
}

/** The values of an `in:` filter, separated by commas, quoted where they hold one. */
function splitValues(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map((part) => part[1]?.replaceAll(/\\(.)/g, '$1') ?? part[2] ?? '');
}

/**
 * Sorts by the keys asked for, newest first by default. Times have whole seconds; within one the
 * ids decide, as they do in Glance.
 */
function sorted(images: Image[], query: URLSearchParams): Image[] {
  const directions = query.getAll('sort_dir');
  const keys =
    query.get('sort')?.split(',') ?? query.getAll('sort_key').map((key, index) => `${key}:${directions[index] ?? 'desc'}`);
  const orders = [...keys, 'created_at', 'id'].map((key) => {
    const [field = '', direction = 'desc'] = key.split(':');
    return { field, sign: direction === 'asc' ? 1 : -1 };
  });
  const rows = images.map((image) => ({ image, view: imageView(image) }));
  rows.sort((left, right) => {
    for (const { field, sign } of orders) {
      const order = compare(left.view[field], right.view[field]);
      if (order !== 0) return order * sign;
    }
    return 0;
  });
  return rows.map(({ image }) => image);
}

function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const a = textOf(left);
  const b = textOf(right);
  return a < b ? -1 : a > b ? 1 : 0;
}
