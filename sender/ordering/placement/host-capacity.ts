import type { PlacementInstance } from './instance.ts';

/** The free capacity of each host while servers are placed. */
export class HostCapacity {
  readonly #instance: PlacementInstance;
  readonly #left: Float64Array[];
  readonly #count: Int32Array;

  constructor(instance: PlacementInstance) {
    this.#instance = instance;
    this.#left = instance.rooms.map((room) => Float64Array.from(room));
    this.#count = new Int32Array(instance.rooms.length);
  }

  /** Whether a server fits on a host, after the server `without` has left it. */
  fits(server: number, host: number, without = -1): boolean {
    const need = this.#instance.needs[server] as readonly number[];
    const freed = without < 0 ? undefined : this.#instance.needs[without];
    const left = this.#left[host] as Float64Array;
    for (let r = 0; r < need.length; r++) if ((need[r] as number) > (left[r] as number) + (freed?.[r] ?? 0)) return false;
    return true;
  }

  /** Places a server on a host, or removes it. */
  take(server: number, host: number, sign: 1 | -1): void {
    const need = this.#instance.needs[server] as readonly number[];
    const left = this.#left[host] as Float64Array;
    for (let r = 0; r < need.length; r++) left[r] = (left[r] as number) - sign * (need[r] as number);
    this.#count[host] = (this.#count[host] as number) + sign;
  }

  /** The hosts on which a server fits; of equal empty hosts only the first. */
  different(server: number): number[] {
    const empty = new Set<string>();
    return this.#instance.rooms.flatMap((room, host) => {
      if (!this.fits(server, host)) return [];
      if ((this.#count[host] as number) > 0) return [host];
      const size = room.join(' ');
      if (empty.has(size)) return [];
      empty.add(size);
      return [host];
    });
  }

  /** The used fraction of the host's scarcest resource with this server. */
  fullness(server: number, host: number): number {
    const need = this.#instance.needs[server] as readonly number[];
    const room = this.#instance.rooms[host] as readonly number[];
    const left = this.#left[host] as Float64Array;
    return Math.max(...room.map((all, r) => (all === 0 ? 0 : 1 - ((left[r] as number) - (need[r] as number)) / all)));
  }
}
