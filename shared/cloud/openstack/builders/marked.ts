import type { Ref } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { Patience } from '../../patience.ts';
import { createOrFind } from '../session/late.ts';
import { isMarked, marked, unmarked } from '../stamp.ts';
import type { Site } from './site.ts';
import { type Collection, removeNeutron, unstamped } from './stamped.ts';

/** A collection of Neutron whose members have no tags: our stamp ends one of their texts. */
interface MarkedCollection extends Collection {
  readonly text: 'description' | 'name';
}

/** The collections whose members carry our stamp in a text until the commit. */
export const markedCollections = {
  address_scope: { path: '/address-scopes', many: 'address_scopes', one: 'address_scope', text: 'name' },
  address_group: { path: '/address-groups', many: 'address_groups', one: 'address_group', text: 'description' },
} as const satisfies Record<string, MarkedCollection>;

/** The collection of a kind that has no tags; undefined for other kinds. */
export function markedCollectionOf(kind: string): MarkedCollection | undefined {
  return (markedCollections as Readonly<Record<string, MarkedCollection>>)[kind];
}

interface Marked {
  readonly id: string;
  readonly description?: string | null;
  readonly name?: string | null;
}

/** All that carries the stamp of a ref in the project: after a lost answer more than one. */
export async function findMarked<T extends Marked>(
  site: Site,
  { path, many, text }: MarkedCollection,
  ref: Ref,
  { campaign, signal }: Pick<BuildContext, 'campaign' | 'signal'>,
): Promise<T[]> {
  const all = await site.network<T>(path, many, { project_id: await site.projectId(signal) }, signal);
  return all.filter((one) => isMarked(one[text] ?? '', campaign, ref));
}

/** Finds or creates a resource with our stamp. `text`: what its text is without the stamp. */
export async function ensureMarked<T extends Marked>(
  site: Site,
  collection: MarkedCollection,
  wanted: { readonly ref: Ref; readonly attributes: Readonly<Record<string, unknown>>; readonly text: string },
  context: BuildContext,
): Promise<{ thing: T; how: 'created' | 'found' }> {
  const { path, one, text } = collection;
  const find = async (): Promise<T | null> => (await findMarked<T>(site, collection, wanted.ref, context)).at(0) ?? null;
  const earlier = await find();
  const body = { [one]: { ...wanted.attributes, [text]: marked(wanted.text, context.campaign, wanted.ref) } };
  const create = (): Promise<T> => site.send<T>('POST', 'network', path, body, one, context.signal);
  const thing = earlier ?? (await createOrFind(create, find, context.signal));
  return { thing, how: earlier === null ? 'created' : 'found' };
}

/**
 * Removes a resource with the campaign's stamp, and its late duplicates; false where it is gone.
 * Throws E_FORBIDDEN without a stamp, E_CONFLICT while in use.
 */
export async function removeMarked(
  site: Site,
  collection: MarkedCollection,
  id: string,
  campaign: string,
  patience: Patience,
  ref: Ref,
): Promise<boolean> {
  await sweepMarked(site, collection, id, campaign, patience, ref);
  const { path, one, text } = collection;
  const thing = await site.get<Marked>('network', `${path}/${id}`, one, patience.signal);
  if (thing === null) return false;
  if (!isMarked(thing[text] ?? '', campaign)) throw unstamped(one, id, campaign);
  await removeNeutron(site, `${path}/${id}`, patience);
  return true;
}

/**
 * Removes what carries the stamp of a ref and is not what was kept; returns how many. A duplicate
 * of ours has the same name and text: what its owner made of it with another name stays.
 */
export async function sweepMarked(
  site: Site,
  collection: MarkedCollection,
  kept: string,
  campaign: string,
  patience: Patience,
  ref: Ref,
): Promise<number> {
  const all = await findMarked<Marked>(site, collection, ref, { campaign, signal: patience.signal });
  const own = all.find(({ id }) => id === kept);
  const late = all.filter((one) => one.id !== kept && (own === undefined || isCopyOf(own, one)));
  for (const { id } of late) await removeNeutron(site, `${collection.path}/${id}`, patience);
  return late.length;
}

function isCopyOf(own: Marked, other: Marked): boolean {
  return other.name === own.name && other.description === own.description;
}

/** Takes the stamp of a ref from the end of a text; nothing else of it changes. Absent is fine. */
export async function unmark(
  site: Site,
  { path, one, text }: MarkedCollection,
  ref: Ref,
  id: string,
  campaign: string,
  signal: AbortSignal,
): Promise<void> {
  const thing = await site.get<Marked>('network', `${path}/${id}`, one, signal);
  const is = thing?.[text] ?? '';
  if (!isMarked(is, campaign, ref)) return;
  const body = { [one]: { [text]: unmarked(is) } };
  await site.session.call({ method: 'PUT', service: 'network', path: `${path}/${id}`, body, tolerate: [404], signal });
}
