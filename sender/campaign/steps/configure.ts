import { writeMarker } from '../../../shared/model/marker.ts';
import type { Campaign } from '../campaign.ts';
import { type StepEnd, type StepTools, workSignal } from '../step.ts';

/** Hands over the document; returns when the network side stands and was compared. */
export async function configure(campaign: Campaign, tools: StepTools): Promise<StepEnd> {
  const { id, document } = campaign;
  const { marker } = await tools.ask('campaign.configure', { campaign: id, configurations: document }, workSignal(tools));
  await writeMarker(campaign, { kind: 'configuration' }, marker);
  return { learned: marker };
}
