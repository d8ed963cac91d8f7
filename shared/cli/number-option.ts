import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';

/**
 * Reads a number as a parameter of a command wants it, and complains in the words of its schema.
 */
export function numberOf(schema: z.ZodType<number | undefined>): (text: string) => number {
  return (text) => {
    const parsed = schema.safeParse(/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
    if (parsed.success && parsed.data !== undefined) return parsed.data;
    throw new InvalidArgumentError(parsed.error?.issues[0]?.message ?? 'It must be a number.');
  };
}
