import { type Column, table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showDuration, showTime } from '../../shared/print/units.ts';
import { orDash } from './figures.ts';
import type { MoveReport } from './model.ts';
import { widestName } from './names.ts';

/** A phase that took less on every server is left out of the short table: milliseconds. */
const worthAColumnMs = 100;

/** One row per server, one column per phase that took long enough to matter on any of them. */
export function phasesText(moves: readonly MoveReport[], width: number): string[] {
  const known = moves.filter(({ phases }) => phases.length > 0);
  if (known.length === 0) return [];
  const all = known.flatMap(({ phases }) => phases);
  const names = [...new Set(all.map(({ name }) => name))];
  const long = names.filter((name) => all.some((phase) => phase.name === name && phase.ms >= worthAColumnMs));
  const columns: Column<MoveReport>[] = [
    { title: 'PHASES OF', show: (move) => visible(move.name), most: widestName },
    ...long.map(
      (name): Column<MoveReport> => ({
        title: name.toUpperCase(),
        show: (move) => orDash(move.phases.find((phase) => phase.name === name)?.ms ?? null),
        align: 'right',
      }),
    ),
  ];
  return ['', ...table(known, columns, width), 'Phases under 0.1 s are left out; `sender report --phases` shows each.'];
}

/** One row per phase of each server: when it began and how long it took. */
export function everyPhaseText(moves: readonly MoveReport[], width: number): string[] {
  const rows = moves.flatMap(({ name, phases }) => phases.map((phase) => ({ ...phase, server: name })));
  if (rows.length === 0) return [];
  const columns: Column<(typeof rows)[number]>[] = [
    { title: 'SERVER', show: ({ server }) => visible(server), most: widestName },
    { title: 'PHASE', show: ({ name }) => name },
    { title: 'BEGAN', show: ({ startedAt }) => showTime(startedAt) },
    { title: 'TOOK', show: ({ ms }) => showDuration(ms), align: 'right' },
  ];
  return ['', ...table(rows, columns, width)];
}
