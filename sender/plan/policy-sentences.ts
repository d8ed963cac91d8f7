import { labelsOf } from '../../shared/model/labels.ts';
import { halvesOf } from '../campaign/rolling-wave.ts';
import type { BandwidthSetting } from '../model/bandwidth.ts';
import type { Calendar, Hours } from '../model/calendar.ts';
import { flattens, type Plan } from '../model/plan.ts';

/** The policies that a plan sets, in sentences. */
export function policySentences(plan: Plan): string[] {
  const { parallel, delay_seconds, max_failures, images } = plan.options;
  return [
    `${parallel === 1 ? 'One server moves' : `Up to ${parallel} servers move`} at a time${delay_seconds > 0 ? `; the next one begins ${delay_seconds} s after one has ended` : ''}.`,
    failureSentence(max_failures),
    images === 'keep'
      ? 'The images of the servers stay at the destination after the commit: it rebuilds, rescues and evacuates servers from them.'
      : 'The commit removes the images of the servers at the destination, where the cloud allows it.',
    ...(flattens(plan) ? ['Each snapshot of a volume that moves becomes a volume of its own at the destination.'] : []),
    ...plan.waves.filter(({ rolling }) => rolling).map(rollingSentence),
    ...(plan.calendar === undefined ? [] : calendarSentences(plan.calendar)),
    ...(plan.bandwidth === undefined ? [] : bandwidthSentences(plan.bandwidth, plan.calendar?.zone ?? "of the sender's machine")),
  ];
}

function failureSentence(most: number | undefined): string {
  const runs = 'A server that cannot be moved runs at the source again';
  if (most === undefined) return `${runs}, and the others go on; \`max_failures\` stops the campaign when too many fail.`;
  if (most === 0) return `${runs}, and no further server is begun.`;
  return `${runs}, and the others go on; when more than ${most} have failed, no further server is begun.`;
}

function rollingSentence({ name, servers }: Plan['waves'][number]): string {
  const [first, second] = halvesOf(servers);
  const labels = labelsOf(servers.map((server) => ({ id: server.id, name: server.name ?? server.id })));
  const list = (half: readonly (typeof servers)[number][]): string => half.map(({ id }) => labels.get(id) ?? id).join(', ');
  return `Wave ${name} moves in halves: first ${list(first)}; then ${list(second)}, once each of the first runs at the destination and passes its probe.`;
}

function bandwidthSentences(setting: BandwidthSetting, zone: string): string[] {
  if (setting === null || typeof setting === 'string')
    return [`Sends ${setting === null ? 'without a limit' : `at most ${setting}`}, whatever the sender is configured to.`];
  const lines = setting.map((line) => `${showHours(line)}: ${line.rate ?? 'no limit'}`);
  return [`Sends, by the clock (${zone}; the first line that fits counts): ${[...lines, 'otherwise: no limit'].join('; ')}.`];
}

/** When a calendar lets servers be stopped, in sentences. */
export function calendarSentences({ zone, windows, blackout }: Calendar): string[] {
  const when = windows.map(showHours).join(', or ');
  return [
    windows.length === 0
      ? 'Servers may be stopped at any hour.'
      : `Servers are stopped ${when} only (${zone}), each only if its forecast downtime fits into what is left of the window; a server that is down is always moved to its end.`,
    ...blackout.map(
      ({ from, to, reason }) =>
        `From ${from} to ${to}${to.includes('T') ? '' : ' inclusive'} (${zone}) nothing new is begun${reason === '' ? '' : `: ${reason}`}.`,
    ),
  ];
}

/** `mon, tue 22:00-05:00`. */
function showHours({ days, from, to }: Hours): string {
  const on = days === undefined ? 'every day' : days.join(', ');
  return from === to && from === '00:00' ? `${on}, all day` : `${on} ${from}-${to}`;
}
