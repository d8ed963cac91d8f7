import type { LeftBehind } from './model.ts';
import { countOf } from './names.ts';

/**
 * What a commit left at the destination beside the tenant, in lines; none where nothing is left.
 */
export function leftText(left: LeftBehind | null): string[] {
  if (left === null) return [];
  const byReason = Map.groupBy(left.images, ({ why }) => why);
  return [
    ...[...byReason].map(
      ([why, images]) =>
        `Left at the destination: ${countOf('image', images.length)} of moved servers, because ${why}: ${images.map(({ id }) => id).join(', ')}`,
    ),
    ...left.stamped.map(({ ref, why }) => `Left at the destination: our tags on ${ref}: ${why}`),
  ];
}
