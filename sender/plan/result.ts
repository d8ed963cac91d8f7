import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import type { MappingReason } from './rules/reason.ts';

/** The part of a plan that a difference is of; they are shown in this order. */
export const differenceGroups = [
  'servers',
  'volumes',
  'images',
  'waves',
  'options',
  'calendar',
  'bandwidth',
  'skip',
  'mappings',
] as const;

/** One thing that a plan says otherwise than a new one would, in one line. */
export interface Difference {
  readonly of: (typeof differenceGroups)[number];
  readonly says: string;
}

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
  /** Why everything that can be mapped is mapped so; with `--why`, what was asked about. */
  readonly reasons: readonly MappingReason[];
}

/** An edited plan held against both clouds as they are now. */
export interface PlanCheck {
  readonly differences: readonly Difference[];
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}
