import { Problem } from '../problem.ts';
import { providers } from './all.ts';
import type { DestinationCloud } from './destination-cloud.ts';
import type { CloudSection } from './section.ts';
import type { SourceCloud, SourceRetirement } from './source-cloud.ts';

/** The halves of a provider that a daemon opens. */
interface Halves {
  source: SourceCloud;
  retirement: SourceRetirement;
  destination: DestinationCloud;
}

/**
 * Opens one half of the configured cloud. Throws E_CONFIG when the provider does not offer it, or
 * what logging in throws.
 */
export async function openCloud<H extends keyof Halves>(half: H, { provider, settings }: CloudSection): Promise<Halves[H]> {
  const open = providers[provider]?.[half] as ((settings: unknown) => Promise<Halves[H]>) | undefined;
  if (open === undefined) throw new Problem('E_CONFIG', `Provider ${provider} cannot be a ${half}.`);
  return open(settings);
}

/**
 * Opens something at its first use and keeps it; a failed opening is tried again at the next use.
 */
export function lazily<T>(open: () => Promise<T>): { get: () => Promise<T>; opened: () => Promise<T> | null } {
  let opening: Promise<T> | null = null;
  return {
    get: () => {
      opening ??= open().catch((error: unknown) => {
        opening = null;
        throw error;
      });
      return opening;
    },
    opened: () => opening,
  };
}
