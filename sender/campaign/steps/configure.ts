import { writeMarker } from '../../../shared/model/marker.ts';
import type { Campaign } from '../campaign.ts';
import { type StepEnd, type StepTools, workSignal } from '../step.ts';

/** Hands over the document; returns when the network side stands and was compared. */
export async function configure({ id, folder, document }: Campaign, tools: StepTools): Promise<StepEnd> {
  const { marker } = await tools.ask('campaign.configure', { campaign: id, configurations: document }, workSignal(tools));
  await writeMarker(folder, ['configurationCompleted'], { campaign: id, at: new Date().toISOString(), ...marker });
  return { learned: marker };
}
