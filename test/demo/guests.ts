import type { OpenStackUser } from '../support/openstack-user.ts';
import type { Check } from './compare.ts';
import type { Portrait } from './portrait.ts';

/** What a guest says of itself on its console. It keeps `boots` and `ticks`, its seconds of life, on its disk. */
export interface GuestWord {
  readonly host: string;
  readonly ip: string;
  readonly mac: string;
  readonly boots: number;
  readonly ticks: number;
}

/** One guest, before the move and after it. */
export interface GuestProof extends Check {
  readonly before: GuestWord | null;
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

/** Holds what the guests say now against what they said when they were stopped: the same machine, one boot later, its counter gone on. */
export function proveGuests(before: ReadonlyMap<string, GuestWord>, after: ReadonlyMap<string, GuestWord>): GuestProof[] {
  return [...before].map(([name, then]) => {
    const now = after.get(name) ?? null;
    return { kind: 'guest', name, before: then, after: now, differs: now === null ? 'it says nothing' : differenceOf(then, now) };
  });
}

function differenceOf(then: GuestWord, now: GuestWord): string | null {
  for (const field of ['host', 'ip', 'mac'] as const)
    if (now[field] !== then[field]) return `its ${field} is ${now[field]}, not ${then[field]}`;
  if (now.boots !== then.boots + 1) return `it has booted ${now.boots} times, not ${then.boots + 1}`;
  return now.ticks > then.ticks ? null : `its counter is ${now.ticks}; at the source it had reached ${then.ticks}`;
}
