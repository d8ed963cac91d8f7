/**
 * What a commit left at the destination that is no part of the tenant: images of moved servers that
 * stay, by the ref of their disk, and what still carries our stamp.
 */
export interface LeftBehind {
  readonly images: readonly { readonly ref: string; readonly id: string; readonly why: string }[];
  readonly stamped: readonly { readonly ref: string; readonly why: string }[];
}

/**
 * What a commit left at the destination beside the tenant, in lines; none where nothing is left.
 * `again`: the command that takes away what could not be taken away.
 */
export function leftText(left: LeftBehind | null, again: string): string[] {
  if (left === null) return [];
  const byReason = Map.groupBy(left.images, ({ why }) => why);
  return [
    ...[...byReason].map(
      ([why, images]) =>
        `Left at the destination: ${images.length} ${images.length === 1 ? 'image' : 'images'} of moved servers, because ${why}: ${images.map(({ id }) => id).join(', ')}`,
    ),
    ...left.stamped.map(({ ref, why }) => `Left at the destination: our tags on ${ref}: ${why}`),
    ...(left.stamped.length === 0 ? [] : [`\`${again}\` tries to take them away again.`]),
  ];
}
