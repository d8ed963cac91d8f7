import { showBytes, showDuration } from '../../../shared/print/units.ts';
import type { Tenant } from '../input/tenant.ts';
import { percent } from '../math/figures.ts';
import { observedSeconds, outside, saturatingSum } from '../traffic/matrix.ts';
import { rejectedLines } from '../traffic/rejected-text.ts';
import type { Analysis } from './analysis.ts';
import { assumedChangedRate, assumedDiskBytes } from './server-loads.ts';

/** An analysis before its notes are written. */
type Found = Omit<Analysis, 'notes'>;

/** A smaller gain over the median random order is called little. */
const little = 0.1;

/** A shorter observation does not show nights and weekends. */
const daySeconds = 86_400;

/**
 * Notes for the operator: what the data does not show, what was assumed, and whether the order
 * matters.
 */
export function notesOf(found: Found, tenant: Tenant): string[] {
  return [...orderNotes(found), ...trafficNotes(found, tenant), ...siteNotes(found, tenant)];
}

function orderNotes({ servers, services, pairs, comparison, parallel }: Found): string[] {
  if (servers.length === 1) return ['There is one server: any order is as good as another.'];
  const { proposed, bound, random, method } = comparison;
  const median = random[Math.floor(random.length / 2)]?.cost ?? proposed.cost;
  const gain = median > 0 ? Math.max(0, 1 - proposed.cost / median) : 0;
  const left = proposed.cost > 0 ? Math.max(0, 1 - bound / proposed.cost) : 0;
  const why =
    pairs.length === 0
      ? 'No two of these servers talk with each other in what was seen'
      : services.length === 1
        ? `All servers are one service, which is down ${parallel > 1 ? 'for most of the campaign' : 'all the time'} in every order`
        : 'Most of what it costs is the time the servers take';
  return [
    ...(gain < little
      ? [`The order matters little here: it is ${percent(gain)} better than the median of random orders. ${why}.`]
      : []),
    ...(method === 'exact'
      ? ['No order costs less than the proposed one; all were compared.']
      : [`The proposed order was searched for; another may cost ${percent(left)} less, and none can cost less than that.`]),
  ];
}

function trafficNotes({ servers, pairs }: Found, { traffic }: Tenant): string[] {
  const moving = new Set(servers.map(({ id }) => id));
  const talking = new Set(pairs.flatMap(({ a, b }) => [a, b]));
  const silent = servers.filter(({ id }) => !talking.has(id)).length;
  let stays = 0;
  let all = 0;
  for (const { initiator, responder, sent_bytes, received_bytes } of traffic.conversations) {
    if (initiator === outside || responder === outside) continue;
    const bytes = saturatingSum(sent_bytes, received_bytes);
    const move = Number(moving.has(initiator)) + Number(moving.has(responder));
    if (move > 0) all = saturatingSum(all, bytes);
    if (move === 1) stays = saturatingSum(stays, bytes);
  }
  const seconds = observedSeconds(traffic);
  const guessed = traffic.repaired.direction_guessed ?? 0;
  return [
    ...(silent > 0 && pairs.length > 0 ? [`${silent} of ${servers.length} servers exchange nothing with the others.`] : []),
    ...(stays > 0
      ? [
          `${percent(stays / all)} of the traffic is with servers that do not move: from their move on it crosses the link in any order.`,
        ]
      : []),
    ...(seconds > 0 && seconds < daySeconds
      ? [`The traffic was watched for ${showDuration(1000 * seconds)}: what happens at other hours is not in it.`]
      : []),
    ...(guessed > 0 ? [`Who asks whom was guessed from the ports for ${guessed} of the observations.`] : []),
    ...rejectedLines(traffic).map((line) => `Not counted: ${line}.`),
    ...(traffic.unknown.length > 0
      ? [
          `${traffic.unknown.length} addresses of the tenant belong to no server: ${traffic.unknown
            .slice(0, 5)
            .map(({ address }) => address)
            .join(', ')}.`,
        ]
      : []),
  ];
}

function warmNote(warm: number, changedRate: number | null): string {
  const rate = `${showBytes(changedRate ?? assumedChangedRate)} a second is ${changedRate === null ? 'assumed' : 'usual here'}`;
  return `${warm} of the servers move warm: they are down for what they have changed since the last round (where nothing is known of one, ${rate}); a wait for the cutover is in no prediction.`;
}

function siteNotes({ servers, site, changedRate }: Found, { calendar }: Tenant): string[] {
  const unsized = servers.filter(({ diskBytes }) => diskBytes === null).length;
  const warm = servers.filter((server) => server.warm).length;
  return [
    ...(unsized > 0
      ? [`${unsized} of ${servers.length} servers have no known disk size: ${showBytes(assumedDiskBytes)} is assumed.`]
      : []),
    ...(warm > 0 ? [warmNote(warm, changedRate)] : []),
    ...(calendar ? ['The plan has a calendar: waiting for its windows is not in the predicted times.'] : []),
    ...(site.campaigns === 0
      ? ['Nothing was moved from here before (--history): rates are assumed, so that times tell ways apart and promise nothing.']
      : []),
  ];
}
