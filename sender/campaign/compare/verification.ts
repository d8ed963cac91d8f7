import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../../../shared/absent.ts';
import { writeDurably } from '../../../shared/durable.ts';
import { standingOf } from '../../migration/fact.ts';
import type { Campaign } from '../campaign.ts';
import { type DiskVerdict, type VerifyTools, verifyCampaign } from '../verify.ts';
import { compareAttributes, type HeldResource } from './compare.ts';
import type { AttributeComparison } from './comparison.ts';
import { datedWaivers, type Waiver } from './waivers.ts';

/** Both sides of a campaign, read again. */
export interface Verification {
  readonly campaign: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Empty after the commit: the copies are gone. */
  readonly disks: readonly DiskVerdict[];
  /** Null where the receiver is older than comparisons. */
  readonly comparison: AttributeComparison | null;
  readonly waivers: readonly Waiver[];
}

/** A verification, with what a proof tells of each resource. */
export interface WithHeld {
  readonly verification: Verification;
  readonly held: readonly HeldResource[];
}

const format = 'godwit/verification';

/**
 * Reads both sides again: the disks until the commit, and every attribute of every resource. Keeps
 * the result beside the campaign, for its report. Writes on neither cloud.
 */
export async function verifyBothSides(
  campaign: Campaign,
  tools: VerifyTools & { readonly compares: boolean },
  waivers: readonly Waiver[],
): Promise<WithHeld> {
  const standing = standingOf(campaign.journal.facts);
  const isCommitted = standing.is === 'resting' && standing.state === 'committed';
  const now = new Date();
  const disks = isCommitted ? [] : await verifyCampaign(campaign, tools);
  const { comparison, held } = tools.compares
    ? await compareAttributes(campaign, {
        source: tools.source,
        ask: tools.ask,
        signal: tools.signal,
        waivers: datedWaivers(waivers, now.getTime()),
        isCommitted,
      })
    : { comparison: null, held: [] };
  const verification = { campaign: campaign.id, at: now.toISOString(), disks, comparison, waivers };
  await writeDurably(pathOf(campaign.folder), `${JSON.stringify({ format, version: 1, ...verification })}\n`);
  return { verification, held };
}

/** The last verification of a campaign; null where there was none, or another release's. */
export async function lastVerification(folder: string): Promise<Verification | null> {
  const text = await readFile(pathOf(folder), 'utf8').catch(ifAbsent(null));
  if (text === null) return null;
  try {
    const {
      format: is,
      version,
      ...verification
    } = JSON.parse(text) as Verification & {
      readonly format: unknown;
      readonly version: unknown;
    };
    return is === format && version === 1 ? verification : null;
  } catch {
    // It is made again by the next verification.
    return null;
  }
}

function pathOf(folder: string): string {
  return join(folder, 'verification.json');
}
