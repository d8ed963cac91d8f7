import { type Instance, impossible } from './instance.ts';
import { earliestTrack } from './tracks.ts';

/** Checks the limits of a wave while servers are added to it. */
export class WaveCapacity {
  readonly #instance: Instance;
  readonly #tracks: Float64Array;
  readonly #inside: Set<number> = new Set();
  #bytes = 0;
  #length = 0;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#tracks = new Float64Array(Math.min(instance.parallel, Math.max(1, instance.size)));
  }

  /**
   * Adds a server; false where that breaks a limit, or where the server must wait for the end of
   * the wave.
   */
  add(server: number): boolean {
    const { before, down, bytes, most, parallel, predecessors, pause } = this.#instance;
    if (parallel > 1 && predecessors[server]?.some((first) => this.#inside.has(first))) return false;
    this.#inside.add(server);
    this.#bytes += bytes[server] as number;
    const tracks = this.#tracks;
    const track = earliestTrack(tracks);
    tracks[track] = (tracks[track] as number) + (before[server] as number) + (down[server] as number);
    this.#length = Math.max(this.#length, tracks[track] as number);
    return this.#inside.size <= most.servers && this.#bytes <= most.bytes && this.#length - pause <= most.window;
  }
}

/**
 * Throws E_ORDER where a server or a set that moves together exceeds the limits of a wave by
 * itself.
 */
export function checkLimits(instance: Instance): void {
  const { size, groups, group, ids, parallel, predecessors } = instance;
  const alone = Array.from({ length: size }, (_, i) => i).filter((i) => (group[i] as number) < 0);
  for (const set of [...groups, ...alone.map((i) => [i])]) {
    const names = set.map((i) => ids[i]).join(', ');
    if (parallel > 1 && set.some((i) => predecessors[i]?.some((first) => set.includes(first))))
      throw impossible(
        `${names} move together in one wave, and one of them must be up before another goes down: not in parallel.`,
      );
    const wave = new WaveCapacity(instance);
    const fits = set.map((i) => wave.add(i)).every((kept) => kept);
    if (!fits)
      throw impossible(`${names} alone ${set.length > 1 ? 'are' : 'is'} more than a wave may hold.`, ids[set[0] as number]);
  }
}
