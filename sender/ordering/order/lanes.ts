/** The lane that is free first, the lowest of several. */
export function earliestLane(lanes: Float64Array): number {
  let lane = 0;
  for (let other = 1; other < lanes.length; other++) if ((lanes[other] as number) < (lanes[lane] as number)) lane = other;
  return lane;
}
