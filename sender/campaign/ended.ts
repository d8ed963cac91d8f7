import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../shared/durable.ts';
import { release } from '../../shared/release.ts';
import type { PastMove } from '../migration/forecast.ts';
import type { CampaignStatus } from './campaign-status.ts';

/**
 * What the daemon keeps in memory of a campaign that is over. Its plan, document and journal stay
 * on disk until somebody asks for them.
 */
export interface EndedCampaign {
  readonly status: CampaignStatus;
  /** What its moves took, for forecasts. */
  readonly history: readonly PastMove[];
}

const format = 'godwit/ended-campaign';

/** Notes beside a campaign what is kept of it, so that a start need not read the rest. */
export async function writeEnded(folder: string, ended: EndedCampaign): Promise<void> {
  await writeDurably(pathOf(folder), `${JSON.stringify({ format, release, ...ended })}\n`);
}

/**
 * What is kept of a campaign that is over; null where it is not, or where this release has not
 * noted it: its status may say more.
 */
export async function readEnded(folder: string): Promise<EndedCampaign | null> {
  const text = await readFile(pathOf(folder), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const noted = JSON.parse(text) as EndedCampaign & { readonly format: unknown; readonly release: unknown };
    return noted.format === format && noted.release === release ? { status: noted.status, history: noted.history } : null;
  } catch {
    // It is made again from the journal.
    return null;
  }
}

function pathOf(folder: string): string {
  return join(folder, 'ended.json');
}
