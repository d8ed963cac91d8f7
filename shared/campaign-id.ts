import { firstFew } from './first-few.ts';
import { Problem } from './problem.ts';

/** Characters that name a campaign at the least. */
const fewest = 4;

/** Ids that are listed at the most; there may be thousands. */
const mostListed = 5;

/**
 * The id of the one campaign whose id begins so. Throws E_NOT_FOUND where several do or none, with
 * the given hint, and for too few characters.
 */
export function wholeId(beginning: string, ids: Iterable<string>, hint?: string): string {
  const matches = [...new Set(ids)].filter((id) => id.startsWith(beginning));
  const [id] = matches;
  if (id !== undefined && matches.length === 1 && beginning.length >= fewest) return id;
  const more = hint === undefined ? {} : { hint };
  const says =
    matches.length > 1
      ? `${beginning} is the beginning of ${matches.length} campaigns: ${firstFew(matches, mostListed)}.`
      : matches.length === 0
        ? `There is no campaign whose id begins with ${beginning}.`
        : `${beginning} is too short: at least ${fewest} characters name a campaign.`;
  throw new Problem('E_NOT_FOUND', says, more);
}
