import { showBytes, showDuration } from '../../../shared/print/units.ts';
import type { Tenant } from '../input/tenant.ts';
import { percent } from '../math/figures.ts';
import { observedSeconds, outside, saturatingSum } from '../traffic/matrix.ts';
import { rejectedLines } from '../traffic/rejected-text.ts';
import type { Analysis } from './analysis.ts';
import { assumedChangedRate, assumedDiskBytes } from './server-loads.ts';

/** An analysis before its notes are written. */
type Unannotated = Omit<Analysis, 'notes'>;

/** A smaller gain over the median random order is called little. */
const littleGain = 0.1;

/** A shorter observation does not show nights and weekends. */
const daySeconds = 86_400;

/** How many addresses without a server are named. */
const mostAddresses = 5;

/**
 * Notes for the operator: what the data does not show, what was assumed, and whether the order
 * matters.
 */
export function notesOf(analysis: Unannotated, tenant: Tenant): string[] {
  return [...orderNotes(analysis), ...trafficNotes(analysis, tenant), ...siteNotes(analysis, tenant)];
}

function orderNotes(analysis: Unannotated): string[] {
  if (analysis.servers.length === 1) return ['There is only one server: the order does not matter.'];
  const { proposed, bound, random, method } = analysis.comparison;
  const median = random[Math.floor(random.length / 2)]?.cost ?? proposed.cost;
  const gain = median > 0 ? Math.max(0, 1 - proposed.cost / median) : 0;
  const gap = proposed.cost > 0 ? Math.max(0, 1 - bound / proposed.cost) : 0;
  const notes: string[] = [];
  if (gain < littleGain)
    notes.push(
      `The order matters little here: it is ${percent(gain)} better than the median of random orders. ${whyLittle(analysis)}.`,
    );
  notes.push(
    method === 'exact'
      ? 'No order costs less than the proposed one; all were compared.'
      : `The proposed order was found by a search. Another one may cost up to ${percent(gap)} less, but no more than that.`,
  );
  return notes;
}

function whyLittle({ pairs, services, parallel }: Unannotated): string {
  if (pairs.length === 0) return 'No two of these servers were seen to talk with each other';
  if (services.length > 1) return 'Most of the cost is the time that the servers take';
  return `All servers are one service, which is down ${parallel > 1 ? 'for most of the campaign' : 'all the time'} in every order`;
}

function trafficNotes({ servers, pairs }: Unannotated, { traffic }: Tenant): string[] {
  const talking = new Set(pairs.flatMap(({ a, b }) => [a, b]));
  const silent = servers.filter(({ id }) => !talking.has(id)).length;
  const { crossing, all } = bytesOf(traffic.conversations, new Set(servers.map(({ id }) => id)));
  const seconds = observedSeconds(traffic);
  const guessed = traffic.repaired.direction_guessed ?? 0;
  const notes: string[] = [];
  if (silent > 0 && pairs.length > 0) notes.push(`${silent} of ${servers.length} servers exchange nothing with the others.`);
  if (crossing > 0)
    notes.push(
      `${percent(crossing / all)} of the traffic is with servers that do not move: in any order it crosses the link after the move.`,
    );
  if (seconds > 0 && seconds < daySeconds)
    notes.push(`The traffic was observed for ${showDuration(1000 * seconds)} only: traffic at other hours is missing.`);
  if (guessed > 0) notes.push(`For ${guessed} observations, who asks whom was guessed from the ports.`);
  notes.push(...rejectedLines(traffic).map((line) => `Not counted: ${line}.`));
  if (traffic.unknown.length > 0) {
    const addresses = traffic.unknown.slice(0, mostAddresses).map(({ address }) => address);
    notes.push(`${traffic.unknown.length} addresses of the tenant belong to no server: ${addresses.join(', ')}.`);
  }
  return notes;
}

/**
 * Bytes of all servers that move with any server, and the part of it with servers that do not move.
 */
function bytesOf(
  conversations: Tenant['traffic']['conversations'],
  moving: ReadonlySet<string>,
): { crossing: number; all: number } {
  let crossing = 0;
  let all = 0;
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    if (initiator === outside || responder === outside) continue;
    const bytes = saturatingSum(sent_bytes, received_bytes);
    const ends = Number(moving.has(initiator)) + Number(moving.has(responder));
    if (ends > 0) all = saturatingSum(all, bytes);
    if (ends === 1) crossing = saturatingSum(crossing, bytes);
  }
  return { crossing, all };
}

function siteNotes({ servers, site, changedRate }: Unannotated, { calendar }: Tenant): string[] {
  const unsized = servers.filter(({ diskBytes }) => diskBytes === null).length;
  const warm = servers.filter((server) => server.warm).length;
  const notes: string[] = [];
  if (unsized > 0)
    notes.push(`${unsized} of ${servers.length} servers have disks of unknown size: ${showBytes(assumedDiskBytes)} is assumed.`);
  if (warm > 0) notes.push(warmNote(warm, changedRate));
  if (calendar) notes.push('The plan has a calendar: the predicted times do not include the wait for its windows.');
  if (site.campaigns === 0)
    notes.push('No earlier campaign is known (--history): rates are assumed, so that times compare modes but are no estimates.');
  return notes;
}

function warmNote(warm: number, changedRate: number | null): string {
  const rate = showBytes(changedRate ?? assumedChangedRate);
  const source = changedRate === null ? 'assumed' : 'taken from earlier campaigns';
  return [
    `${warm} servers move warm: they are down while the changes since their last round are copied.`,
    `Where a server's own rate of change is not known, ${rate} a second is ${source}.`,
    'The predicted times do not include the wait for a cutover.',
  ].join(' ');
}
