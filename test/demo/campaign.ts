import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import type { SenderStatus } from '../../sender/control/commands/status.ts';
import type { Plan } from '../../sender/model/plan.ts';
import type { Report } from '../../sender/report/model.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import { ask, type WrittenConfig } from '../support/daemons.ts';

/** A plan as `sender plan` wrote it, with what was found on the way. */
export interface Planned {
  readonly file: string;
  readonly plan: Plan;
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}

/** Has a plan for the whole project written to a file. */
export async function planMove(sender: WrittenConfig, file: string): Promise<Planned> {
  const { concerns, decisions } = await ask<{ concerns: Concern[]; decisions: Decision[] }>(sender, [
    ...['plan', '--project', 'shop', '-o', file],
  ]);
  return { file, plan: parse(await readFile(file, 'utf8')) as Plan, concerns, decisions };
}

/** The only campaign, as the sender sees it. */
async function campaignOf(sender: WrittenConfig): Promise<CampaignStatus> {
  const { campaigns } = await ask<SenderStatus>(sender, ['status']);
  const [campaign] = campaigns;
  if (campaign === undefined) throw new Error('The sender knows no campaign.');
  return campaign;
}

/** What the campaign did, from its journal. */
export async function reportOn(sender: WrittenConfig): Promise<Report> {
  return ask<Report>(sender, ['report']);
}

/** Commits the campaign and waits, a minute at most, until that is done. */
export async function commitMove(sender: WrittenConfig): Promise<void> {
  await ask(sender, ['commit', '--yes']);
  for (let looks = 0; looks < 120; looks++) {
    const { state, problem } = await campaignOf(sender);
    if (state === 'committed') return;
    if (state !== 'committing') throw new Error(`The campaign is ${state}: ${problem?.says ?? 'it gives no reason'}`);
    await sleep(500);
  }
  throw new Error('The commit took more than a minute.');
}
