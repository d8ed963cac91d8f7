import { showBytes, showDuration } from '../../shared/print/units.ts';
import type { WarmStatus } from '../campaign/campaign-status.ts';

/** How far a warm move is before its cutover, and what its downtime would be: one line. */
export function warmText({ rounds, forecast, waits, cutover, asked }: WarmStatus): string {
  const last = rounds.at(-1);
  if (last === undefined) return 'round 1, of the whole disk, is under way';
  const done = `round ${last.round} brought ${showBytes(last.bytes)} in ${showDuration(last.snapshot_ms + last.copy_ms)}`;
  const next = asked
    ? 'its cutover was asked for'
    : waits
      ? `waits for its cutover (${cutover})`
      : `round ${last.round + 1} is under way`;
  return forecast === null
    ? `${done}; ${next}`
    : `${done}; ${next}; forecast of its downtime: ${showDuration(forecast.downtimeMs)}${why(forecast)}`;
}

function why({ phases, assumed }: NonNullable<WarmStatus['forecast']>): string {
  const parts = Object.entries(phases).map(([name, ms]) => `${name} ${showDuration(ms)}${assumed.includes(name) ? '?' : ''}`);
  return ` (${parts.join(', ')}${assumed.length > 0 ? '; ? is assumed, nothing was moved from here yet' : ''})`;
}
