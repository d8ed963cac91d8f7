import { InvalidArgumentError } from 'commander';

/** Reads a whole number from 1 to a limit. */
export function positive(limit: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= 1 && number <= limit) return number;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${limit}.`);
  };
}

/** Reads a number of seconds, zero or more. */
export function seconds(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of seconds, zero or more.');
}
