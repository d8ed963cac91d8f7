import type { Campaign } from '../campaign.ts';
import { sinceCapture } from '../since-capture.ts';
import type { StepEnd, StepTools } from '../step.ts';

/** Learns what changed at the source since the capture, for the status and the report. */
export async function compareSource(campaign: Campaign, tools: StepTools): Promise<StepEnd> {
  return { learned: { sinceCapture: await sinceCapture(campaign, tools) } };
}
