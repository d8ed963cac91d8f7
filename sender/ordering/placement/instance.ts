/** A placement request in numbers, servers and hosts sorted by id. */
export interface PlacementInstance {
  readonly needs: readonly (readonly number[])[];
  readonly rooms: readonly (readonly number[])[];
  /** By server: its traffic with others, heaviest first. */
  readonly neighbours: readonly (readonly { readonly to: number; readonly bytes: number }[])[];
}

/** The bytes that cross between hosts. */
export function crossTraffic({ neighbours }: PlacementInstance, placement: readonly number[]): number {
  let sum = 0;
  for (const [i, list] of neighbours.entries())
    for (const { to, bytes } of list) if (placement[i] !== placement[to]) sum += bytes;
  return sum / 2;
}
