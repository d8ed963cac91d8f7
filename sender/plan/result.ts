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

/** An edited plan held against both clouds as they are now. */
export interface PlanCheck {
  /** What the plan says otherwise than a new one would, in sentences. */
  readonly differences: readonly string[];
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}
