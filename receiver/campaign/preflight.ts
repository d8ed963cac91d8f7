import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { supportedPart } from '../../shared/cloud/supported.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';

/** The destination's findings on a document, with what it cannot build at all. Writes nothing. */
export async function preflight(
  cloud: DestinationCloud,
  document: Configurations,
  signal: AbortSignal,
): Promise<{ concerns: readonly Concern[]; decisions: readonly Decision[] }> {
  const part = supportedPart(resourcesOf(document), cloud.kinds);
  const found = await cloud.preflight(part.resources, document.mappings, signal);
  return { concerns: [...part.concerns, ...found.concerns], decisions: [...found.decisions, ...part.decisions] };
}
