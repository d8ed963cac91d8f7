/**
 * A wave moves some servers at once, one after the other on each of as many tracks: the track that
 * is free first, the lowest of several.
 */
export function earliestTrack(tracks: Float64Array): number {
  let track = 0;
  for (let other = 1; other < tracks.length; other++) if ((tracks[other] as number) < (tracks[track] as number)) track = other;
  return track;
}
