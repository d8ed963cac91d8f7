import type { LearnedOfOne } from '../../shared/journey/destination.ts';
import type { Resource } from '../../shared/model/resource.ts';

/** A resource as it was captured, but for what was learned since. */
export function withLearned(captured: Resource, { power, properties }: LearnedOfOne): Resource {
  if (captured.kind === 'server' && power !== undefined) return { ...captured, power };
  return captured.kind === 'disk' && properties !== undefined ? { ...captured, properties: { ...properties } } : captured;
}
