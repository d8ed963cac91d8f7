import type { Configurations } from '../../../shared/model/configurations.ts';

/** A disk to move: of which server, and the file that stands for its snapshot. */
export interface OrderedDisk {
  readonly server: string;
  readonly disk: string;
  readonly path: string;
}

/**
 * What our sender's process is told on its stdin, one JSON object per line; it answers each with
 * one line.
 */
export type Order =
  | { readonly do: 'pair'; readonly address: string; readonly code: string }
  | { readonly do: 'configure'; readonly campaign: string; readonly configurations: Configurations }
  | { readonly do: 'listen'; readonly campaign: string; readonly seconds: number }
  | {
      readonly do: 'move';
      readonly campaign: string;
      readonly disks: readonly OrderedDisk[];
      /** How many disks at once. */
      readonly parallel: number;
      /** Whether control messages are asked and timed meanwhile. */
      readonly control: boolean;
    };

/**
 * How a move went: from dialling the receiver to the last seal. `trips`: round trips of control
 * messages, in milliseconds.
 */
export interface Moved {
  readonly seconds: number;
  readonly sealed: readonly unknown[];
  readonly trips: readonly number[];
}
