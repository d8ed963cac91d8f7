import { diskIdOf, idOf, kindOf, type Ref, refOf } from '../../../model/resource.ts';
import type { Patience } from '../../patience.ts';
import { listImages } from '../images/list-images.ts';
import { descriptionStamp, isMadeByUs } from '../stamp.ts';
import { destroyOf, stampedOf } from '../volumes/read.ts';
import { isLate as isLateVolume } from '../volumes/unchecked.ts';
import { destroyImage, inUse } from './disk.ts';
import { markedCollectionOf, sweepMarked } from './marked.ts';
import type { Site } from './site.ts';
import { collections, removeNeutron } from './stamped.ts';

interface Described {
  readonly id: string;
  readonly description?: string | null;
}

/** The collections in an order in which what is used goes after what uses it. */
const usersFirst = ['floating_ip', 'port', 'router', 'subnet', 'subnet_pool', 'network', 'security_group', 'qos_policy'] as const;

/**
 * Removes the duplicates of built resources: what a request made after it had been given up (504)
 * and another had been sent. A duplicate has the stamp of its ref and another id; it has no tags,
 * so the stamp is still its description. Servers are left to their builder.
 */
export async function sweep(site: Site, campaign: string, built: ReadonlyMap<Ref, string>, patience: Patience): Promise<number> {
  const kept = new Map([...built].map(([ref, id]) => [descriptionStamp(campaign, ref), id]));
  // A volume that stands needs none of the images that it was made from.
  const volumes = [...built.keys()].filter((ref) => kindOf(ref) === 'volume');
  for (const ref of volumes) kept.set(descriptionStamp(campaign, refOf('disk', diskIdOf(idOf(ref)))), '');
  const isLate = (stamp: string, id: string): boolean => kept.has(stamp) && kept.get(stamp) !== id;
  let removed = 0;
  const project_id = await site.projectId(patience.signal);
  for (const kind of usersFirst) {
    // Not every cloud has QoS policies.
    if (kind === 'qos_policy' && ![...built.keys()].some((ref) => kindOf(ref) === kind)) continue;
    const { path, many } = collections[kind];
    const query = { project_id, fields: ['id', 'description'] };
    const all = await site.network<Described>(path, many, query, patience.signal);
    for (const { id, description } of all) {
      if (!isLate(description ?? '', id)) continue;
      await removeNeutron(site, `${path}/${id}`, patience);
      removed += 1;
    }
  }
  for (const [ref, id] of built) {
    const collection = markedCollectionOf(kindOf(ref));
    if (collection !== undefined) removed += await sweepMarked(site, collection, id, campaign, patience, ref);
  }
  if (volumes.length > 0) removed += await sweepVolumes(site, campaign, isLate, patience);
  return removed + (await sweepImages(site, campaign, isLate, patience));
}

async function sweepVolumes(
  site: Site,
  campaign: string,
  isLate: (stamp: string, id: string) => boolean,
  patience: Patience,
): Promise<number> {
  const all = await stampedOf(site.session, 'volume', { godwit_campaign: campaign }, patience.signal);
  const others = all.filter(({ id, metadata }) => isLate(descriptionStamp(campaign, metadata['godwit_source'] as Ref), id));
  const late = others.filter(isLateVolume);
  for (const { id } of late) await destroyOf(site.session, 'volume', id, patience);
  return late.length;
}

async function sweepImages(
  site: Site,
  campaign: string,
  isLate: (stamp: string, id: string) => boolean,
  { signal }: Patience,
): Promise<number> {
  const all = await listImages(site.session, { godwit_campaign: campaign }, signal);
  const ours = all.filter((image) => image['godwit_campaign'] === campaign && isMadeByUs(image));
  const late = ours.filter(({ id, godwit_source }) => isLate(descriptionStamp(campaign, String(godwit_source) as Ref), id));
  let removed = 0;
  for (const { id } of late) if (await destroyImage(site, id, signal, [inUse])) removed += 1;
  return removed;
}
