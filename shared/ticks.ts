import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A moment of this machine that no setting of its clock moves. */
export interface Ticks {
  /** Which boot of the machine it is of: moments of two boots have no distance. */
  readonly boot: string;
  /** Milliseconds since then. */
  readonly up: number;
}

const boot = bootId();

/** The present moment, the same in every process of this machine (Linux: CLOCK_MONOTONIC). */
export function ticksNow(): Ticks {
  return { boot, up: Number(process.hrtime.bigint() / 1_000_000n) };
}

/** A moment as it was noted: by the clock, and by ticks unless an earlier release noted it. */
export type Noted = { readonly at: string } & Partial<Ticks>;

/**
 * Milliseconds from one moment to a later one; null where that is not known: the machine was booted
 * between them, or only a clock that was set back has noted them.
 */
export function elapsedMs(from: Noted, to: Noted): number | null {
  const isTicked = from.up !== undefined && to.up !== undefined;
  if (isTicked && from.boot !== to.boot) return null;
  const ms = isTicked ? (to.up ?? 0) - (from.up ?? 0) : Date.parse(to.at) - Date.parse(from.at);
  return ms < 0 ? null : ms;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch {
    // Elsewhere each process is a machine of its own.
    return randomBytes(4).toString('hex');
  }
}
