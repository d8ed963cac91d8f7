import type { Analysis } from '../analysis/analysis.ts';
import { distributionOf } from '../math/distribution.ts';

/** The analysis as JSON; random orders are summarised. */
export function analysisJson(analysis: Analysis): object {
  const { comparison, modes, asGiven, misplaced: _, pairs: __, talks: ___, ...all } = analysis;
  const { random, ...others } = comparison;
  const brief = ({ mode, lengthMs, serviceDowntimeMs }: Analysis['prediction']) => ({ mode, lengthMs, serviceDowntimeMs });
  return {
    ...all,
    comparison: {
      ...others,
      random: {
        cost: distributionOf(random.map(({ cost }) => cost)),
        serviceDowntimeSeconds: distributionOf(random.map(({ serviceDowntimeSeconds }) => serviceDowntimeSeconds)),
        splitSeconds: distributionOf(random.map(({ splitSeconds }) => splitSeconds)),
        lengthSeconds: distributionOf(random.map(({ lengthSeconds }) => lengthSeconds)),
      },
    },
    modes: modes.map(brief),
    asGiven: brief(asGiven),
  };
}
