import { z } from 'zod';
import { Throttle } from '../protocol/throttle.ts';
import { Problem } from '../shared/problem.ts';

const units: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const faulty = 'must be a rate such as 800kbit, 100mbit or 2.5gbit, at least 64kbit';

/** A rate as `tc` writes it, thousands of thousands of bits a second: `800kbit`, `100mbit`, `2.5gbit`. Bytes per second; undefined where it is none. */
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
  .refine((text) => parseRate(text) !== undefined, faulty)
  .nullable();
const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "08:00"');

/** One line of the table: from one time of day to another, past midnight where that is earlier; without days on every day. */
const Line = z.strictObject({
  days: z.array(z.enum(days)).min(1).optional(),
  from: Time.default('00:00'),
  to: Time.default('00:00'),
  rate: Rate,
});

/** The setting `bandwidth`: a rate, null for no limit, or a table of which the first line that fits counts; where none fits there is no limit. */
export const BandwidthSetting = z.union([Rate, z.array(Line)]);
export type BandwidthSetting = z.infer<typeof BandwidthSetting>;

/** Where the limit stands. Bytes per second; `limit` in the words of the setting, `none` where there is none. */
export interface BandwidthStatus {
  readonly limit: string;
  readonly limitBytesPerSecond: number | null;
  /** Whether the configuration says so, or a command since the daemon started. */
  readonly by: 'configuration' | 'command';
  /** Data of all campaigns, in the last seconds. */
  readonly bytesPerSecond: number;
}

/** The limit that a setting means at a time, in the time zone of this machine: bytes per second, null for none. */
export function limitAt(setting: BandwidthSetting, now: Date): number | null {
  if (setting === null) return null;
  if (typeof setting === 'string') return parseRate(setting) ?? null;
  const fits = setting.find((line) => isWithin(line, now));
  return fits?.rate == null ? null : (parseRate(fits.rate) ?? null);
}

/** A night belongs to the day on which it begins. */
function isWithin({ days: wanted, from, to }: z.infer<typeof Line>, now: Date): boolean {
  const time = `${String(now.getHours()).padStart(2, '0')}:${String(now.getMinutes()).padStart(2, '0')}`;
  const on = (day: number): boolean => wanted?.some((name) => name === days[day % 7]) ?? true;
  const [today, yesterday] = [now.getDay(), now.getDay() + 6];
  if (from < to) return on(today) && time >= from && time < to;
  return (on(today) && time >= from) || (on(yesterday) && time < to);
}

/** Between two looks at the clock, and samples that the measured rate is made of. */
const lookMs = 1_000;
const samples = 5;

/** The limit on what all campaigns of this sender send together: as configured, hour by hour, until a command says otherwise. */
export class Bandwidth {
  readonly throttle: Throttle;
  readonly #setting: BandwidthSetting;
  readonly #now: () => Date;
  readonly #taken: { readonly atMs: number; readonly bytes: number }[] = [];
  #asked: number | null | 'configured' = 'configured';
  #timer: NodeJS.Timeout | undefined;

  /** `now` tells the time of day. */
  constructor(setting: BandwidthSetting, now: () => Date = () => new Date(), throttle: Throttle = new Throttle()) {
    this.#setting = setting;
    this.#now = now;
    this.throttle = throttle;
    this.look();
  }

  /** Looks at the clock every second until `stop`. */
  start(): void {
    this.#timer = setInterval(() => this.look(), lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Sets the limit to a rate, to `none`, or back to what is `configured`. Throws E_USAGE. */
  ask(wanted: string): void {
    const rate = wanted === 'none' ? null : wanted === 'configured' ? wanted : parseRate(wanted);
    if (rate === undefined)
      throw new Problem('E_USAGE', `${JSON.stringify(wanted)} is no limit: it ${faulty}, or \`none\`, or \`configured\`.`);
    this.#asked = rate;
    this.look();
  }

  /** Lets the throttle follow the clock, and notes what was sent. */
  look(): void {
    this.throttle.limit(this.#limit);
    this.#taken.push({ atMs: this.#now().getTime(), bytes: this.throttle.takenBytes });
    if (this.#taken.length > samples) this.#taken.shift();
  }

  status(): BandwidthStatus {
    const limit = this.#limit;
    return {
      limit: showLimit(limit),
      limitBytesPerSecond: limit,
      by: this.#asked === 'configured' ? 'configuration' : 'command',
      bytesPerSecond: this.#measured,
    };
  }

  get #limit(): number | null {
    return this.#asked === 'configured' ? limitAt(this.#setting, this.#now()) : this.#asked;
  }

  get #measured(): number {
    const [first, last] = [this.#taken[0], this.#taken.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return Math.round(((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000);
  }
}
