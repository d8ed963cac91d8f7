const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A size for people, in IEC units: `1.5 GiB`, `512 B`. */
export function showBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be shown as 1024.0, which belongs to the next unit.
  while (Math.abs(value) >= 1023.95 && unit < binary.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${binary[unit]}`;
}

/** A rate for people: `87.2 MiB/s`; a dash while nothing moves. */
export function showRate(bytesPerSecond: number): string {
  return bytesPerSecond > 0 ? `${showBytes(bytesPerSecond)}/s` : '-';
}

/**
 * A duration for people in at most two units: `840 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `1 d 4
 * h`.
 */
export function showDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** A time of day for people, in UTC: `2026-11-21 11:53:15`. */
export function showTime(iso: string | null): string {
  return iso === null ? '-' : iso.slice(0, 19).replace('T', ' ');
}

/** How much of a whole, as `42 %`; never 100 before the end. */
export function showShare(done: number, whole: number): string {
  if (whole <= 0) return '100 %';
  return `${Math.min(done < whole ? 99 : 100, Math.floor((100 * done) / whole))} %`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
