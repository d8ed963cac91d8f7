import { idOf, kindOf, type Ref } from '../../shared/model/resource.ts';
import { Watch, type Watched } from './watch.ts';

/** The new servers that are probed from outside, by their id at the source. */
export class Watches {
  readonly #watches = new Map<string, Watch>();

  /** The watch of a server, which begins where there is none. */
  of(server: string, wanted: Watched): Watch {
    const watch = this.#watches.get(server) ?? new Watch(wanted);
    this.#watches.set(server, watch);
    return watch;
  }

  /** Ends the watch of a server that was removed; the next one begins anew. */
  forget(ref: Ref): void {
    if (kindOf(ref) !== 'server') return;
    this.#watches.get(idOf(ref))?.stop();
    this.#watches.delete(idOf(ref));
  }

  /** Ends all of them. */
  stop(): void {
    for (const watch of this.#watches.values()) watch.stop();
  }
}
