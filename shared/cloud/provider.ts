import type { z } from 'zod';
import type { DestinationCloud } from './destination-cloud.ts';
import type { SourceCloud, SourceRetirement } from './source-cloud.ts';

/**
 * One kind of cloud: its settings, and how each half is opened. A half that is left out is not
 * offered.
 */
export interface Provider<Settings> {
  readonly name: string;
  /** The strict schema of its section in sender.yaml or receiver.yaml. */
  readonly settings: z.ZodType<Settings>;
  source?(settings: Settings): Promise<SourceCloud>;
  retirement?(settings: Settings): Promise<SourceRetirement>;
  destination?(settings: Settings): Promise<DestinationCloud>;
  /**
   * Logs in and says in sentences, for `doctor`, what was found: the project, each endpoint and its
   * version, and what the credentials may do on this side, with a remedy where that is too little.
   * Throws the problem that prevents it.
   */
  examine?(
    settings: Settings,
    side: 'source' | 'destination',
    signal: AbortSignal,
  ): Promise<{ readonly says: readonly string[]; readonly remedy?: string | undefined }>;
}

/** Keeps the settings' type together with the functions that take it. */
export function provider<Settings>(definition: Provider<Settings>): Provider<Settings> {
  return definition;
}
