import { Throttle } from '../../protocol/pacing/throttle.ts';
import { Problem } from '../../shared/problem.ts';
import { type BandwidthSetting, faultyRate, limitAt, parseRate, showLimit } from '../model/bandwidth.ts';

/**
 * Where the limit stands. Bytes per second; `limit` in the words of the setting, `none` where there
 * is none.
 */
export interface BandwidthStatus {
  readonly limit: string;
  readonly limitBytesPerSecond: number | null;
  /**
   * Whether the configuration says so, the plan of a campaign at work, or a command since the
   * daemon started.
   */
  readonly by: 'configuration' | 'plan' | 'command';
  /** Data of all campaigns, in the last seconds. */
  readonly bytesPerSecond: number;
}

/**
 * What the plan of a campaign says, and the time zone of its hours; without one they are this
 * machine's.
 */
export interface PlannedBandwidth {
  readonly setting: BandwidthSetting;
  readonly zone: string | undefined;
}

/** Between two looks at the clock, and samples that the measured rate is made of. */
const lookMs = 1_000;
const samples = 5;

/**
 * The limit on what all campaigns of this sender send together, hour by hour: a command's, or else
 * the tightest of the campaigns' plans, or else the configured one.
 */
export class Bandwidth {
  readonly throttle: Throttle;
  #setting: BandwidthSetting;
  readonly #now: () => Date;
  readonly #taken: { readonly atMs: number; readonly bytes: number }[] = [];
  #asked: number | null | 'configured' = 'configured';
  #plans: () => readonly (PlannedBandwidth | null)[] = () => [];
  #timer: NodeJS.Timeout | undefined;

  /** `now`: the time of day. */
  constructor(setting: BandwidthSetting, now: () => Date = () => new Date(), throttle: Throttle = new Throttle()) {
    this.#setting = setting;
    this.#now = now;
    this.throttle = throttle;
    this.look();
  }

  /**
   * Heeds the plans of the campaigns at work: one each, null for one whose plan leaves the limit to
   * the configuration.
   */
  heed(plans: () => readonly (PlannedBandwidth | null)[]): void {
    this.#plans = plans;
    this.look();
  }

  /** Takes another configured limit; what a command or a plan says still stands above it. */
  configure(setting: BandwidthSetting): void {
    this.#setting = setting;
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
      throw new Problem('E_USAGE', `${JSON.stringify(wanted)} is no limit: it ${faultyRate}, or \`none\`, or \`configured\`.`);
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
    const planned = this.#plans().some((plan) => plan !== null);
    return {
      limit: showLimit(limit),
      limitBytesPerSecond: limit,
      by: this.#asked !== 'configured' ? 'command' : planned ? 'plan' : 'configuration',
      bytesPerSecond: this.#measured,
    };
  }

  get #limit(): number | null {
    if (this.#asked !== 'configured') return this.#asked;
    const own = { setting: this.#setting, zone: undefined };
    const plans = this.#plans().map((plan) => plan ?? own);
    const limits = (plans.length === 0 ? [own] : plans).map(({ setting, zone }) => limitAt(setting, this.#now(), zone));
    const bounds = limits.flatMap((limit) => limit ?? []);
    return bounds.length === 0 ? null : Math.min(...bounds);
  }

  get #measured(): number {
    const first = this.#taken[0];
    const last = this.#taken.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return Math.round(((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000);
  }
}
