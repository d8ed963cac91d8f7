import type { Ref } from '../../shared/model/resource.ts';
import type { Builder } from './builder.ts';
import type { Use } from './used-by.ts';

/** What a removal of everything did; what is kept could not be removed. */
export interface Removal {
  readonly removed: Ref[];
  readonly kept: { readonly ref: Ref; readonly why: string }[];
}

/**
 * Removes one resource after the other, and goes on where one cannot be removed, or where `judge`
 * tells that another campaign needs it. Throws the signal's reason: a removal that is interrupted
 * has found nothing that cannot be removed.
 */
export async function removeEach(
  refs: readonly Ref[],
  builder: Pick<Builder, 'remove' | 'needsOf'>,
  judge: (ref: Ref) => Promise<Use>,
  signal: AbortSignal,
): Promise<Removal> {
  const removed: Ref[] = [];
  const kept: { ref: Ref; why: string }[] = [];
  for (const ref of refs) {
    signal.throwIfAborted();
    // A cloud refuses to delete it for as long as something that needs it stays.
    const user = kept.find((one) => builder.needsOf(one.ref).includes(ref));
    if (user !== undefined) {
      kept.push({ ref, why: `${user.ref} needs it, and could not be removed.` });
      continue;
    }
    try {
      const use = await judge(ref);
      if (use.does === 'keep') kept.push({ ref, why: use.why });
      else if (await builder.remove(ref, undefined, use)) removed.push(ref);
    } catch (error) {
      signal.throwIfAborted();
      kept.push({ ref, why: (error as Error).message });
    }
  }
  return { removed, kept };
}
