import { table } from '../../../shared/print/table.ts';
import { visible } from '../../../shared/print/text.ts';
import { showBytes } from '../../../shared/print/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { namesOf } from '../traffic/named-server.ts';
import { indented } from './lines.ts';

export function placementLines(analysis: Analysis, columns: number): string[] {
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
    method === 'exact' ? 'the least possible' : `found by a search; the least possible is at least ${showBytes(bound)}`;
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
    `  ${showBytes(crossBytes)} of ${showBytes(totalBytes)} of traffic cross between hosts (${best}).`,
  ];
}
