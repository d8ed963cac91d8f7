import type { OpenStackUser } from '../support/openstack-user.ts';
import type { Check } from './compare.ts';
import type { Portrait } from './portrait.ts';

/**
 * What a guest keeps at the end of its disk: how often it booted and how many seconds it has run.
 */
export interface GuestRecord {
  readonly boots: number;
  readonly ticks: number;
}

/** What a guest says of itself on its console. */
export interface GuestWord extends GuestRecord {
  readonly host: string;
  readonly ip: string;
  readonly mac: string;
}

/**
 * One guest: what it said before the move, what was on the disk that moved, and what it says now.
 */
export interface GuestProof extends Check {
  readonly before: GuestWord;
  readonly moved: GuestRecord | null;
  readonly after: GuestWord | null;
}

/** Reads what every server's guest last said, by the server's name in the portrait. */
export async function hearGuests(user: OpenStackUser, portrait: Portrait): Promise<Map<string, GuestWord>> {
  const words = new Map<string, GuestWord>();
  for (const { kind, name, id } of portrait) {
    if (kind !== 'server') continue;
    const body = { 'os-getConsoleOutput': {} };
    const { output } = await user.send<{ output: string }>('POST', 'compute', `/servers/${id}/action`, body);
    const word = wordIn(output);
    if (word !== null) words.set(name, word);
  }
  return words;
}

function wordIn(output: string): GuestWord | null {
  const line = output.split('\n').findLast((each) => each.includes('READY '));
  if (line === undefined) return null;
  const field = (name: string): string => new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
  return {
    host: field('host'),
    ip: field('ip'),
    mac: field('mac'),
    boots: Number(field('boots')),
    ticks: Number(field('ticks')),
  };
}

/** The record at the end of a disk: JSON, filled up with zeros. */
export function recordIn(end: Buffer): GuestRecord | null {
  const length = end.indexOf(0);
  return end[0] === 0x7b && length > 0 ? (JSON.parse(end.toString('utf8', 0, length)) as GuestRecord) : null;
}

/** Checks that every guest is the same machine, one boot later, whose counter has gone on. */
export function proveGuests(
  before: ReadonlyMap<string, GuestWord>,
  moved: ReadonlyMap<string, GuestRecord | null>,
  after: ReadonlyMap<string, GuestWord>,
): GuestProof[] {
  return [...before].map(([name, then]) => {
    const onDisk = moved.get(name) ?? null;
    const now = after.get(name) ?? null;
    return { kind: 'guest', name, before: then, moved: onDisk, after: now, differs: differenceOf(then, onDisk, now) };
  });
}

function differenceOf(then: GuestWord, onDisk: GuestRecord | null, now: GuestWord | null): string | null {
  if (onDisk === null) return 'there is no record on the disk that moved';
  if (now === null) return 'it says nothing';
  for (const field of ['host', 'ip', 'mac'] as const)
    if (now[field] !== then[field]) return `its ${field} is ${now[field]}, not ${then[field]}`;
  if (now.boots !== then.boots + 1) return `it has booted ${now.boots} times, not ${then.boots + 1}`;
  if (onDisk.ticks < then.ticks) return `its disk has counted ${onDisk.ticks}, but it had said ${then.ticks} before`;
  return now.ticks > onDisk.ticks ? null : `its counter is ${now.ticks}; on the disk that moved it was ${onDisk.ticks}`;
}
