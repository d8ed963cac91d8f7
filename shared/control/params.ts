import { z } from 'zod';

/** Of a command without params. */
export const Nothing = z.object({});

/** Of a command about one campaign: its id, or the beginning of it. */
export const OfCampaign = z.object({ campaign: z.string().min(1) });

/** A whole number from 1 to `most`; the command line refuses every other in the same words. */
export function wholeNumber(most: number) {
  const says = `It must be a whole number from 1 to ${most}.`;
  return z.int(says).min(1, says).max(most, says);
}

/** A number of seconds, zero or more. */
export function seconds() {
  const says = 'It must be a number of seconds, zero or more.';
  return z.number(says).min(0, says);
}
