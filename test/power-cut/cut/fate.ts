import { seededRandom } from '../../../sender/ordering/math/random.ts';
import type { Cut, Pending } from './pending.ts';

/**
 * What becomes of one pending change: it is lost, it is there, a part of its sectors is there, or
 * all its sectors are and the length is not (or the other way round).
 */
type Fate = 'lost' | 'there' | 'torn' | 'length only' | 'bytes only';

/** The fate of every pending change, and the random numbers that tear. */
export interface Fates {
  readonly of: ReadonlyMap<Pending, Fate>;
  readonly seed: number;
}

/**
 * The fates to try at a cut: all combinations where they are no more than `most`; else all lost,
 * all there, each change alone lost, there or in part, each file and each name as a whole, and
 * random ones.
 */
export function* fatesOf({ pending, at }: Cut, seed: number, most: number): Generator<Fates> {
  const options = pending.map(optionsOf);
  const all = options.reduce((product, some) => Math.min(product * some.length, most + 1), 1);
  const random = seededRandom(seed + at).next;
  const fates = (pick: (index: number) => Fate): Fates => ({
    of: new Map(pending.map((one, index) => [one, pick(index)])),
    seed: Math.floor(random() * 2 ** 31),
  });
  if (all <= most) {
    for (let number = 0; number < all; number += 1) {
      let rest = number;
      const chosen = options.map((some) => {
        const fate = some[rest % some.length] as Fate;
        rest = Math.floor(rest / some.length);
        return fate;
      });
      yield fates((index) => chosen[index] as Fate);
    }
    return;
  }
  yield fates(() => 'lost');
  yield fates(() => 'there');
  let given = 2;
  // The latest changes first: what is pending for long was tried at earlier cuts.
  for (let one = pending.length - 1; one >= 0 && given < most; one -= 1) {
    for (const fate of options[one] as readonly Fate[]) {
      const others =
        fate === 'lost' ? (['there'] as const) : fate === 'there' ? (['lost'] as const) : (['lost', 'there'] as const);
      for (const other of others) {
        yield fates((index) => (index === one ? fate : other));
        given += 1;
      }
    }
  }
  yield* groupsOf(pending, most, random, fates);
  for (let sample = 0; sample < most / 2; sample += 1)
    yield fates((index) => {
      const some = options[index] as readonly Fate[];
      return some[Math.floor(random() * some.length)] as Fate;
    });
}

/**
 * A disk often has all or nothing of one file, or of one name: every combination of those where
 * they are few, else random ones.
 */
function* groupsOf(
  pending: readonly Pending[],
  most: number,
  random: () => number,
  fates: (pick: (index: number) => Fate) => Fates,
): Generator<Fates> {
  const keys = pending.map((one) =>
    one.kind === 'bytes' ? `${one.inode.number}` : `${one.folder.number}/${[...one.names.keys()].at(-1)}`,
  );
  const groups = [...new Set(keys)];
  const all = 2 ** groups.length;
  for (let sample = 0; sample < Math.min(all, most); sample += 1) {
    const number = all <= most ? sample : Math.floor(random() * all);
    yield fates((index) => (Math.floor(number / 2 ** groups.indexOf(keys[index] as string)) % 2 === 0 ? 'lost' : 'there'));
  }
}

function optionsOf(one: Pending): readonly Fate[] {
  if (one.kind === 'names') return ['lost', 'there'];
  const [before, after] = one.sizes;
  const resizes = before !== after;
  if (one.length === 0) return ['lost', 'there'];
  return resizes ? ['lost', 'there', 'torn', 'length only', 'bytes only'] : ['lost', 'there', 'torn'];
}
