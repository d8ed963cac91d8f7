import { z } from 'zod';
import { Problem } from '../../../shared/problem.ts';
import { compareText } from '../math/compare-text.ts';
import type { PastCampaign } from '../prediction/backtest.ts';
import { measureCampaign } from '../prediction/measured-campaign.ts';

const Amount = z.number().min(0);

/** The parts of `sender report --json` that are read. */
const ReportFile = z.object({
  campaign: z.string(),
  startedAt: z.iso.datetime(),
  moves: z.array(
    z.object({
      server: z.string(),
      state: z.string(),
      phases: z.array(z.object({ name: z.string(), startedAt: z.iso.datetime(), ms: Amount })),
      disks: z.array(z.object({ sizeBytes: Amount, sentBytes: Amount })),
      rounds: z.array(z.object({ endedAt: z.iso.datetime(), bytes: Amount, snapshot_ms: Amount, copy_ms: Amount })).optional(),
    }),
  ),
});

/**
 * Parses reports of earlier campaigns, oldest first, without those in which nothing moved. Throws
 * E_USAGE for a file that is no report.
 */
export function parseHistory(files: readonly { readonly file: string; readonly value: unknown }[]): PastCampaign[] {
  const all = files.flatMap(({ file, value }): PastCampaign[] => {
    const parsed = ReportFile.safeParse(value);
    if (!parsed.success)
      throw new Problem('E_USAGE', `${file} is no report: ${parsed.error.issues[0]?.path.join('.')} is missing or wrong.`, {
        about: file,
        hint: 'Write one with `sender report --json > FILE`.',
      });
    const measured = measureCampaign(parsed.data);
    return measured === null ? [] : [{ campaign: parsed.data.campaign, startedAt: parsed.data.startedAt, measured }];
  });
  const sorted = all.sort((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.campaign, b.campaign));
  return sorted.filter(({ campaign }, index) => sorted.findIndex((other) => other.campaign === campaign) === index);
}
