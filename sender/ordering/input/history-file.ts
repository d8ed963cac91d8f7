import { z } from 'zod';
import { Problem } from '../../../shared/problem.ts';
import { fitSite } from '../prediction/fit.ts';
import { type Comparison, comparePrediction, type Measured, measuredOf } from '../prediction/measured-campaign.ts';
import type { SiteModel } from '../prediction/model.ts';
import { predict } from '../prediction/predict.ts';
import { compareText } from '../traffic/matrix.ts';

/** An earlier campaign of this site. */
export interface Past {
  readonly campaign: string;
  readonly startedAt: string;
  readonly measured: Measured;
}

/** An earlier campaign as it would have been predicted from those before it, and as it was. */
export interface PastComparison {
  readonly campaign: string;
  readonly startedAt: string;
  readonly servers: number;
  readonly parallel: number;
  readonly length: Comparison;
  /** The mean of its servers. */
  readonly downtime: Comparison;
}

const Count = z.number().min(0);

/** What is read of `sender report --json`; the rest of a report is not looked at. */
const ReportFile = z.object({
  campaign: z.string(),
  startedAt: z.iso.datetime(),
  moves: z.array(
    z.object({
      server: z.string(),
      state: z.string(),
      phases: z.array(z.object({ name: z.string(), startedAt: z.iso.datetime(), ms: Count })),
      disks: z.array(z.object({ sizeBytes: Count, sentBytes: Count })),
      rounds: z.array(z.object({ endedAt: z.iso.datetime(), bytes: Count, snapshot_ms: Count, copy_ms: Count })).optional(),
    }),
  ),
});

/** Reads the reports of earlier campaigns, the oldest first; those in which nothing moved tell nothing. Throws E_USAGE for a file that is no report. */
export function pastOf(files: readonly { readonly file: string; readonly value: unknown }[]): Past[] {
  const all = files.flatMap(({ file, value }): Past[] => {
    const parsed = ReportFile.safeParse(value);
    if (!parsed.success)
      throw new Problem('E_USAGE', `${file} is no report: ${parsed.error.issues[0]?.path.join('.')} is missing or wrong.`, {
        about: file,
        hint: 'Write one with `sender report --json > FILE`.',
      });
    const measured = measuredOf(parsed.data);
    return measured === null ? [] : [{ campaign: parsed.data.campaign, startedAt: parsed.data.startedAt, measured }];
  });
  const sorted = all.sort((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.campaign, b.campaign));
  return sorted.filter(({ campaign }, index) => sorted.findIndex((other) => other.campaign === campaign) === index);
}

/** Holds each campaign against what the ones before it predict: what the site's model is worth. */
export function pastComparisons(history: readonly Past[], prior: SiteModel, linkRate?: number): PastComparison[] {
  return history.map(({ campaign, startedAt, measured }, index) => {
    const before = history.slice(0, index).map((past) => past.measured);
    const { servers } = measured;
    const order = [...servers].sort((a, b) => a.beganMs - b.beganMs || a.endedMs - b.endedMs || compareText(a.id, b.id));
    const parallel = Math.max(
      ...servers.map(({ beganMs }) => servers.filter((other) => other.beganMs <= beganMs && beganMs < other.endedMs).length),
    );
    const drive = { name: campaign, waves: [order.map(({ id }) => id)], parallel: Math.max(1, parallel) };
    const [length, ...downtimes] = comparePrediction(predict(fitSite(before, prior, linkRate), order, [], drive), measured);
    return {
      ...{ campaign, startedAt, servers: servers.length, parallel: drive.parallel },
      ...{ length: length as Comparison, downtime: meanOf(downtimes) },
    };
  });
}

function meanOf(rows: readonly Comparison[]): Comparison {
  const mean = (part: (row: Comparison) => number): number => rows.reduce((sum, row) => sum + part(row), 0) / rows.length;
  const [value, measuredMs] = [mean(({ predictedMs }) => predictedMs.value), mean((row) => row.measuredMs)];
  const [low, high] = [mean(({ predictedMs }) => predictedMs.low), mean(({ predictedMs }) => predictedMs.high)];
  const inRange = measuredMs >= low && measuredMs <= high;
  return { what: 'downtime', predictedMs: { value, low, high }, measuredMs, error: measuredMs / value - 1, inRange };
}
