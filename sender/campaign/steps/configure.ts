import { writeMarker } from '../../../shared/model/marker.ts';
import type { Campaign } from '../campaign.ts';
import { type StepEnd, type StepTools, workSignal } from '../step.ts';

/** Hands over the document; returns when the network side stands and was compared. */
export async function configure(campaign: Campaign, tools: StepTools): Promise<StepEnd> {
  const { id, document } = campaign;
  const params = { campaign: id, configurations: document };
  const { marker, details } = await tools.ask('campaign.configure', params, workSignal(tools));
  for (const [ref, { differs }] of Object.entries(details ?? {}))
    if (differs !== undefined) tools.log.warn({ campaign: id, ref, differs }, 'built, but not as it was');
  await writeMarker(campaign, { kind: 'configuration' }, marker);
  return { learned: { ...marker, ...(details === undefined ? {} : { details }) } };
}
