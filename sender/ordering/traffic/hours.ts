const hourMs = 3_600_000;
/** 1970-01-01 was a Thursday: Monday 00:00 was three days earlier. */
const mondayOffsetHours = 72;

/** Hours in a week. */
export const hoursOfWeek = 168;

/** The hour of the week of a moment: 0 is Monday 00:00–01:00 UTC. */
export function hourOfWeek(timeMs: number): number {
  const hour = (Math.floor(timeMs / hourMs) + mondayOffsetHours) % hoursOfWeek;
  return (hour + hoursOfWeek) % hoursOfWeek;
}

/**
 * Spreads bytes evenly over the hours of a period, in whole bytes. A period longer than a week
 * wraps.
 */
export function spreadOverHours(bytes: number, firstMs: number, lastMs: number): [hour: number, bytes: number][] {
  const first = Math.floor(firstMs / hourMs);
  const count = Math.min(hoursOfWeek, Math.max(1, Math.floor(lastMs / hourMs) - first + 1));
  const lengthMs = lastMs - firstMs;
  const shares: [number, number][] = [];
  let given = 0;
  for (let index = 0; index < count; index++) {
    const endMs = (first + index + 1) * hourMs;
    const upTo = index === count - 1 || lengthMs <= 0 ? bytes : Math.floor((bytes * (endMs - firstMs)) / lengthMs);
    shares.push([hourOfWeek((first + index) * hourMs), Math.max(0, upTo - given)]);
    given = Math.max(given, upTo);
  }
  return shares;
}
