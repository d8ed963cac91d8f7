import { table } from '../../../shared/print/table.ts';
import { visible, widthOf } from '../../../shared/print/text.ts';
import { showBytes, showDuration } from '../../../shared/print/units.ts';
import type { Analysis } from '../analyze.ts';
import { namesOf } from '../input/names.ts';
import type { Ranged } from '../prediction/predict.ts';
import { costLines, costTitle, indented } from './cost-text.ts';
import { change, count } from './figures.ts';

/** Rows of a list after which the rest is counted: a thousand servers are for the page and for --json. */
const mostRows = 60;

/** An analysis for people, in lines: services, waves, costs, modes, times, placement, and what else should be known. */
export function analysisText(analysis: Analysis, columns: number): string[] {
  const sections: [title: string, lines: string[]][] = [
    [servicesTitle(analysis), serviceLines(analysis)],
    [`Proposed: ${analysis.prediction.mode}, in ${count(analysis.waves.length, 'wave')}`, waveLines(analysis, columns)],
    [costTitle(analysis), costLines(analysis, columns)],
    ['Order and mode together, as predicted (nine of ten within the range)', modeLines(analysis, columns)],
    ['Each service and server, as predicted', timeLines(analysis, columns)],
    ...(analysis.past.length > 0
      ? [['Earlier campaigns, predicted from those before them', pastLines(analysis, columns)] as [string, string[]]]
      : []),
    ...(analysis.placement !== null || analysis.misplaced !== null
      ? [['Placement at the destination', placementLines(analysis, columns)] as [string, string[]]]
      : []),
    ['To know', analysis.notes.map((note) => `  ${visible(note)}`)],
  ];
  return sections.flatMap(([title, lines], index) => [...(index > 0 ? [''] : []), title, ...lines]);
}

/** A time with the range it is expected in. */
export function showRange({ value, low, high }: Ranged): string {
  return `${showDuration(value)} (${roughly(low)} – ${roughly(high)})`;
}

/** The end of a range: no more digits than it is worth. */
function roughly(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return minutes < 2_880 ? `${(minutes / 60).toFixed(1)} h` : `${(minutes / 1_440).toFixed(1)} d`;
}

function servicesTitle({ services, servers, pairs }: Analysis): string {
  const bytes = pairs.reduce((sum, pair) => sum + pair.bytes, 0);
  return `${count(services.length, 'service')} of ${count(servers.length, 'server')}, which exchange ${showBytes(bytes)}`;
}

function serviceLines({ services }: Analysis): string[] {
  const shown = services.slice(0, mostRows);
  const lines = shown.flatMap(({ name, says }) => {
    const [head = '', ...more] = says;
    return [`  ${visible(name)}: ${head}`, ...more.map((sentence) => `      ${sentence}`)];
  });
  return [...lines, ...rest(services.length, 'service')];
}

function waveLines(analysis: Analysis, columns: number): string[] {
  const nameOf = namesOf(analysis.servers);
  const lines = analysis.waves.slice(0, mostRows).flatMap(({ name, servers }) => {
    const words = servers.map((id, index) => `${visible(nameOf(id))}${index < servers.length - 1 ? ',' : ''}`);
    return [`  ${visible(name)}`, ...wrapped(words, columns - 6).map((line) => `      ${line}`)];
  });
  return [...lines, ...rest(analysis.waves.length, 'wave')];
}

/** Fills lines with words, as many as fit; a word is never cut. */
function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function modeLines({ modes, prediction, asGiven, crossover }: Analysis, columns: number): string[] {
  const rows = [asGiven, ...modes];
  const lines = table(
    rows,
    [
      { title: '', show: (row) => (row === prediction ? '→' : ' ') },
      { title: 'mode', show: ({ mode }) => mode },
      { title: 'services down, mean', show: ({ serviceDowntimeMs }) => showRange(serviceDowntimeMs) },
      { title: 'campaign', show: ({ lengthMs }) => showRange(lengthMs) },
    ],
    columns - 2,
  );
  return [...indented(lines), `  ${crossoverSentence(crossover)}`];
}

/** From how many servers on all at once is not worth it, in a sentence. */
export function crossoverSentence({ at, rows }: Analysis['crossover']): string {
  return at === null
    ? `Up to ${rows.length} such servers are quicker all at once than one after the other.`
    : `From ${at} such servers on, one after the other is quicker than all at once.`;
}

function timeLines({ prediction, services, servers }: Analysis, columns: number): string[] {
  const passages = new Map(prediction.servers.map((one) => [one.id, one]));
  const downtimes = new Map(prediction.services.map(({ name, downtimeMs }) => [name, downtimeMs]));
  const nameOf = namesOf(servers);
  const rows = services.flatMap(({ name, servers: members }) => {
    const downtime = downtimes.get(name);
    const head =
      downtime === undefined || members.length === 1
        ? []
        : [{ what: visible(name), from: '', until: '', down: showRange(downtime) }];
    const inOrder = members
      .flatMap((id) => passages.get(id) ?? [])
      .sort((a, b) => a.downAtMs - b.downAtMs)
      .map(({ id, downAtMs, upAtMs, downtimeMs }) => ({
        what: `${members.length === 1 ? '' : '  '}${visible(nameOf(id))}`,
        ...{ from: showDuration(downAtMs), until: showDuration(upAtMs), down: showRange(downtimeMs) },
      }));
    return [...head, ...inOrder];
  });
  const lines = table(
    rows.slice(0, mostRows),
    [
      { title: 'service, server', show: ({ what }) => what },
      { title: 'down at', align: 'right', show: ({ from }) => from },
      { title: 'up at', align: 'right', show: ({ until }) => until },
      { title: 'down for', show: ({ down }) => down },
    ],
    columns - 2,
  );
  return [...indented(lines), ...rest(rows.length, 'row')];
}

function pastLines({ past }: Analysis, columns: number): string[] {
  return indented(
    table(
      past,
      [
        { title: 'campaign', show: ({ campaign }) => visible(campaign) },
        { title: 'servers', align: 'right', show: ({ servers }) => String(servers) },
        { title: 'at once', align: 'right', show: ({ parallel }) => String(parallel) },
        { title: 'predicted', show: ({ length }) => showRange(length.predictedMs) },
        { title: 'measured', align: 'right', show: ({ length }) => showDuration(length.measuredMs) },
        {
          title: 'off by',
          align: 'right',
          show: ({ length }) => change(length.error),
        },
        { title: 'each down', show: ({ downtime }) => showRange(downtime.predictedMs) },
        { title: 'measured', align: 'right', show: ({ downtime }) => showDuration(downtime.measuredMs) },
      ],
      columns - 2,
    ),
  );
}

function placementLines(analysis: Analysis, columns: number): string[] {
  const { placement, misplaced } = analysis;
  if (placement === null) return [`  ${misplaced?.message ?? ''}`];
  const nameOf = namesOf(analysis.servers);
  const hosts = [...new Set(placement.on.map(({ host }) => host))];
  const rows = hosts.map((host) => ({
    zone:
      placement.zones.find(({ server }) => placement.on.some((one) => one.server === server && one.host === host))
        ?.availability_zone ?? '',
    servers: placement.on.filter((one) => one.host === host).map(({ server }) => visible(nameOf(server))),
  }));
  const { crossBytes, totalBytes, bound, method } = placement;
  const best =
    method === 'exact' ? 'no placement lets less cross' : `searched for; none lets less than ${showBytes(bound)} cross`;
  return [
    ...indented(
      table(
        rows,
        [
          { title: 'availability_zone', show: ({ zone }) => visible(zone) },
          { title: 'servers', show: ({ servers }) => servers.join(', ') },
        ],
        columns - 2,
      ),
    ),
    `  ${showBytes(crossBytes)} of ${showBytes(totalBytes)} cross between hosts (${best}).`,
  ];
}

function rest(all: number, thing: string): string[] {
  return all > mostRows ? [`  and ${count(all - mostRows, thing)} more; --html and --json have all`] : [];
}
