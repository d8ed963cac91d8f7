/** A placement question in numbers, servers and hosts sorted by id. */
export interface PlacementInstance {
  readonly needs: readonly (readonly number[])[];
  readonly rooms: readonly (readonly number[])[];
  /** Traffic of each server with others, heaviest first. */
  readonly neighbours: readonly (readonly { readonly to: number; readonly bytes: number }[])[];
}

/** The traffic that crosses between hosts in a placement. */
export function crossTraffic({ neighbours }: PlacementInstance, placement: readonly number[]): number {
  let sum = 0;
  for (const [i, list] of neighbours.entries())
    for (const { to, bytes } of list) if (placement[i] !== placement[to]) sum += bytes;
  return sum / 2;
}
