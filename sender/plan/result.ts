import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';

/** What a project holds, and what may stand in the way of moving it. */
export interface Captured {
  readonly document: Configurations;
  readonly concerns: readonly Concern[];
}

/** A plan as `sender plan` returns it: the YAML text, and everything found. */
export interface PlanResult {
  readonly plan: string;
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}
