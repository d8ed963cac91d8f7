import type { Row } from './record.ts';

/** Everything a run of the benchmark found out; `results.json` holds it as it is. */
export interface Results {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly quick: boolean;
  readonly seed: string;
  readonly rounds: number;
  readonly parallel: number;
  readonly machine: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** Rows that could not be run, and why. */
  readonly failed: readonly { readonly id: string; readonly why: string }[];
  readonly seconds: number;
}
