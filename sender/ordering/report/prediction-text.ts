import { table } from '../../../shared/print/table.ts';
import { visible } from '../../../shared/print/text.ts';
import { showDuration } from '../../../shared/print/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { signedPercent } from '../math/figures.ts';
import { namesOf } from '../traffic/named-server.ts';
import { crossoverSentence, showRange } from './estimate-text.ts';
import { indented, mostRows, rowsLeftOut } from './lines.ts';

export function modeLines({ modes, prediction, asGiven, crossover }: Analysis, columns: number): string[] {
  const rows = [asGiven, ...modes];
  const lines = table(
    rows,
    [
      { title: '', show: (row) => (row === prediction ? '→' : ' ') },
      { title: 'mode', show: ({ mode }) => mode },
      { title: 'mean service downtime', show: ({ serviceDowntimeMs }) => showRange(serviceDowntimeMs) },
      { title: 'campaign', show: ({ lengthMs }) => showRange(lengthMs) },
    ],
    columns - 2,
  );
  return [...indented(lines), `  ${crossoverSentence(crossover)}`];
}

export function timeLines({ prediction, services, servers }: Analysis, columns: number): string[] {
  const timelines = new Map(prediction.servers.map((one) => [one.id, one]));
  const downtimes = new Map(prediction.services.map(({ name, downtimeMs }) => [name, downtimeMs]));
  const nameOf = namesOf(servers);
  const rows = services.flatMap(({ name, servers: members }) => {
    const downtime = downtimes.get(name);
    const head =
      downtime === undefined || members.length === 1
        ? []
        : [{ what: visible(name), from: '', until: '', down: showRange(downtime) }];
    const inOrder = members
      .flatMap((id) => timelines.get(id) ?? [])
      .sort((a, b) => a.downAtMs - b.downAtMs)
      .map(({ id, downAtMs, upAtMs, downtimeMs }) => ({
        what: `${members.length === 1 ? '' : '  '}${visible(nameOf(id))}`,
        from: showDuration(downAtMs),
        until: showDuration(upAtMs),
        down: showRange(downtimeMs),
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
  return [...indented(lines), ...rowsLeftOut(rows.length, 'row')];
}

export function pastLines({ past }: Analysis, columns: number): string[] {
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
          show: ({ length }) => signedPercent(length.error),
        },
        { title: 'each down', show: ({ downtime }) => showRange(downtime.predictedMs) },
        { title: 'measured', align: 'right', show: ({ downtime }) => showDuration(downtime.measuredMs) },
      ],
      columns - 2,
    ),
  );
}
