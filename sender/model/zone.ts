const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What clocks in a time zone (an IANA name) show at an instant: the milliseconds since the epoch at
 * which UTC shows the same. Throws RangeError for an unknown zone.
 */
export function localMs(zone: string, atMs: number): number {
  const parts = formatOf(zone).formatToParts(atMs);
  const number = (wanted: Intl.DateTimeFormatPartTypes): number => Number(parts.find(({ type }) => type === wanted)?.value);
  const whole = Date.UTC(number('year'), number('month') - 1, number('day'), number('hour'), number('minute'), number('second'));
  return whole + (((atMs % 1000) + 1000) % 1000);
}

/**
 * The first instant at which clocks in a zone show a time or a later one; `wantedMs` as `localMs`
 * gives it. A time that clocks show twice is the first, and one that they skip is when they go on.
 */
export function instantOf(zone: string, wantedMs: number): number {
  const offsetAt = (atMs: number): number => localMs(zone, atMs) - atMs;
  const before = offsetAt(wantedMs - dayMs);
  const after = offsetAt(wantedMs + dayMs);
  const candidates = [wantedMs - before, wantedMs - after].filter((atMs) => localMs(zone, atMs) === wantedMs);
  if (candidates.length > 0) return Math.min(...candidates);
  let early = wantedMs - after;
  let late = wantedMs - before;
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (offsetAt(middle) === after) late = middle;
    else early = middle;
  }
  return late;
}

/** Whether a text names a time zone. */
export function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

const dayMs = 86_400_000;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    calendar: 'iso8601',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, made);
  return made;
}
