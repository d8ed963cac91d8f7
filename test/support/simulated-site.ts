import { type Random, seededRandom } from '../../sender/ordering/math/random.ts';
import type { MeasuredCampaign } from '../../sender/ordering/prediction/measured-campaign.ts';
import type { Load } from '../../sender/ordering/prediction/model.ts';

/**
 * A site whose parts are known: link, disks that seek between readers, cores that boot guests.
 * Bytes a second, seconds.
 */
export interface Site {
  readonly link: number;
  readonly disk: number;
  readonly seek: number;
  readonly store: number;
  readonly cores: number;
  readonly stopSeconds: number;
  readonly bootSeconds: number;
  /** Relative noise of every stage of every server. */
  readonly noise: number;
}

/** A 100 Mbit/s link between old disks: full with one copy, too much seeking from four on. */
export const oldSite: Site = {
  link: 11.8e6,
  disk: 21e6,
  seek: 0.22,
  store: 90e6,
  cores: 2,
  stopSeconds: 6,
  bootSeconds: 20,
  noise: 0.06,
};

const tickSeconds = 0.25;

interface Guest {
  readonly load: Load;
  readonly beganMs: number;
  readonly work: number[];
  readonly stageMs: number[];
  stage: number;
}

/**
 * Simulates a campaign tick by tick, and measures as a report does. Of the product's model it
 * shares only the order of stages.
 */
export function runOnSite(
  site: Site,
  loads: readonly Load[],
  waves: readonly (readonly string[])[],
  parallel: number,
  seed: number,
): MeasuredCampaign {
  const random = seededRandom(seed);
  const done: MeasuredCampaign['servers'][number][] = [];
  let nowMs = 0;
  for (const wave of waves) {
    const waiting = wave.flatMap((id) => loads.find((load) => load.id === id) ?? []);
    let guests: Guest[] = [];
    while (waiting.length > 0 || guests.length > 0) {
      while (guests.length < parallel && waiting.length > 0) guests.push(aGuest(site, waiting.shift() as Load, nowMs, random));
      tick(site, guests);
      nowMs += tickSeconds * 1000;
      for (const { load, beganMs, stageMs } of guests.filter(({ stage }) => stage === 4)) {
        const phases: Record<string, { beganMs: number; ms: number }> = {};
        let at = beganMs;
        for (const [index, name] of ['stop', 'copy', 'import', 'create'].entries()) {
          phases[name] = { beganMs: at, ms: stageMs[index] as number };
          at += stageMs[index] as number;
        }
        done.push({ ...load, beganMs, endedMs: nowMs, phases });
      }
      guests = guests.filter(({ stage }) => stage < 4);
    }
  }
  return { servers: done };
}

function aGuest({ stopSeconds, bootSeconds, noise }: Site, load: Load, beganMs: number, random: Random): Guest {
  // The sum of twelve uniform numbers is close to a normal distribution.
  const vary = (value: number): number =>
    value * (1 + noise * (Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b) - 6));
  const work = [vary(stopSeconds), vary(load.sentBytes), vary(load.diskBytes), vary(bootSeconds)];
  return { load, beganMs, work, stageMs: [0, 0, 0, 0], stage: 0 };
}

function tick({ link, disk, seek, store, cores }: Site, guests: readonly Guest[]): void {
  const count = (stage: number): number => guests.filter((guest) => guest.stage === stage).length;
  const copies = count(1);
  const imports = count(2);
  const boots = count(3);
  const reading = disk / (1 + seek * Math.max(0, copies - 1));
  const paces = [
    1,
    Math.min(link, reading) / Math.max(1, copies),
    store / Math.max(1, imports),
    Math.min(1, cores / Math.max(1, boots)),
  ];
  for (const guest of guests) {
    const { stage } = guest;
    guest.work[stage] = (guest.work[stage] as number) - (paces[stage] as number) * tickSeconds;
    guest.stageMs[stage] = (guest.stageMs[stage] as number) + tickSeconds * 1000;
    if ((guest.work[stage] as number) <= 0) guest.stage++;
  }
}

/** So many servers of one size, and their one wave. */
export function equalLoads(count: number, sentBytes = 1e9, diskBytes = 2 * 2 ** 30): { loads: Load[]; waves: string[][] } {
  const loads = Array.from({ length: count }, (_, index) => ({ id: `s${index + 1}`, sentBytes, diskBytes }));
  return { loads, waves: [loads.map(({ id }) => id)] };
}
