import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../sender/report/model.ts';
import { type Check, compare, mappedOf } from './compare.ts';
import { type DiskProof, proveDisks } from './disks.ts';
import { type GuestProof, type GuestRecord, type GuestWord, hearGuests, proveGuests } from './guests.ts';
import { type Portrait, portraitOf, type TenantAccess } from './portrait.ts';
import type { Server } from './portrait-api.ts';

/** Everything that was compared, and whether all of it holds. */
export interface Proof {
  readonly holds: boolean;
  /** The tenant at the destination against the tenant as it was at the source. */
  readonly resources: readonly Check[];
  /** The source now against the source before: only stopped. */
  readonly source: readonly Check[];
  readonly disks: readonly DiskProof[];
  readonly guests: readonly GuestProof[];
  /**
   * What has another name at the destination, because it belongs to the cloud and not to the
   * tenant.
   */
  readonly mapped: readonly string[];
  readonly report: Report;
}

/** The source's tenant as it ran before the migration, and what its guests said. */
export interface Before {
  readonly portrait: Portrait;
  readonly words: ReadonlyMap<string, GuestWord>;
}

/** Reads a running tenant and the consoles of its guests. */
export async function lookAt({ user }: TenantAccess): Promise<Before> {
  const portrait = await portraitOf(user);
  return { portrait, words: await hearGuests(user, portrait) };
}

/** Compares both clouds as their users see them; of Godwit only the report is used. */
export async function prove(west: TenantAccess, east: TenantAccess, before: Before, report: Report): Promise<Proof> {
  const [left, arrived] = await Promise.all([portraitOf(west.user), portraitOf(east.user)]);
  const resources = compare(before.portrait, arrived);
  const source = compare(before.portrait.map(stopped), left);
  const disks = await proveDisks({ user: west.user, portrait: left }, { user: east.user, portrait: arrived });
  const guests = await guestsGoOn(east, arrived, before.words, new Map(disks.map(({ name, record }) => [name, record])));
  const checks: readonly Check[] = [...resources, ...source, ...disks, ...guests];
  const holds = checks.length > 0 && checks.every(({ differs }) => differs === null);
  return { holds, resources, source, disks, guests, mapped: mappedOf(before.portrait, arrived), report };
}

function stopped(feature: Portrait[number]): Portrait[number] {
  return feature.kind === 'server' ? { ...feature, attributes: { ...feature.attributes, status: 'SHUTOFF' } } : feature;
}

/**
 * Reads the consoles for up to five seconds, because a guest counts once a second after its boot.
 */
async function guestsGoOn(
  { user }: TenantAccess,
  portrait: Portrait,
  before: ReadonlyMap<string, GuestWord>,
  moved: ReadonlyMap<string, GuestRecord | null>,
): Promise<readonly GuestProof[]> {
  for (let looks = 0; ; looks++) {
    const proofs = proveGuests(before, moved, await hearGuests(user, portrait));
    if (looks === 10 || proofs.every(({ differs }) => differs === null)) return proofs;
    await sleep(500);
  }
}

/**
 * Checks the source after the commit: servers stopped, locked and marked as moved, no snapshot
 * left.
 */
export async function proveCommit({ user }: TenantAccess): Promise<Check[]> {
  const servers = await user.list<Server>('compute', '/servers/detail', 'servers');
  const snapshots = await user.list<{ name: string; image_type?: string }>('image', '/images', 'images');
  return [
    ...servers.map(({ name, status, locked, tags }) => ({
      kind: 'source server',
      name,
      differs:
        status === 'SHUTOFF' && locked && tags.includes('godwit-moved')
          ? null
          : `${status}, locked ${locked}, tags ${tags.join(' ')}`,
    })),
    ...snapshots
      .filter(({ image_type }) => image_type === 'snapshot')
      .map(({ name }) => ({ kind: 'source snapshot', name, differs: 'it was left behind' })),
  ];
}
