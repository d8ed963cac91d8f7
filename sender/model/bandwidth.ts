import { z } from 'zod';
import { days, Hours } from './calendar.ts';
import { localMs } from './zone.ts';

const units: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** What is said of a rate that is none. */
export const faultyRate = 'must be a rate such as 800kbit, 100mbit or 2.5gbit, at least 64kbit';

/**
 * A rate as `tc` writes it, thousands of thousands of bits a second: `800kbit`, `100mbit`,
 * `2.5gbit`. Bytes per second; undefined where it is none.
 */
export function parseRate(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(bit|kbit|mbit|gbit)$/i.exec(text.trim()) ?? [];
  const bits = Number(number) * (units[unit.toLowerCase()] ?? 0);
  return bits >= 64_000 ? bits / 8 : undefined;
}

/** A rate in the same words. */
export function showLimit(bytesPerSecond: number | null): string {
  if (bytesPerSecond === null) return 'none';
  const bits = bytesPerSecond * 8;
  const unit = bits >= 1e9 ? 'gbit' : bits >= 1e6 ? 'mbit' : 'kbit';
  return `${Number((bits / (units[unit] ?? 1)).toFixed(3))}${unit}`;
}

const Rate = z
  .string()
  .refine((text) => parseRate(text) !== undefined, faultyRate)
  .nullable();

/**
 * A rate, null for no limit, or a table of hours of which the first line that fits counts; where
 * none fits there is no limit.
 */
export const BandwidthSetting = z.union([Rate, z.array(z.strictObject({ ...Hours.shape, rate: Rate }))]);
export type BandwidthSetting = z.infer<typeof BandwidthSetting>;

/**
 * The limit that a setting means at a time, read from the clocks of a zone, or of this machine:
 * bytes per second, null for none.
 */
export function limitAt(setting: BandwidthSetting, now: Date, zone = ownZone()): number | null {
  if (setting === null) return null;
  if (typeof setting === 'string') return parseRate(setting) ?? null;
  const local = new Date(localMs(zone, now.getTime()));
  const fits = setting.find((line) => isWithin(line, local));
  return fits?.rate == null ? null : (parseRate(fits.rate) ?? null);
}

/** A night belongs to the day on which it begins. `local` shows in UTC what clocks show. */
function isWithin({ days: wanted, from, to }: Hours, local: Date): boolean {
  const time = local.toISOString().slice(11, 16);
  const on = (day: number): boolean => wanted?.some((name) => name === days[day % 7]) ?? true;
  const today = local.getUTCDay();
  const yesterday = local.getUTCDay() + 6;
  if (from < to) return on(today) && time >= from && time < to;
  return (on(today) && time >= from) || (on(yesterday) && time < to);
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
