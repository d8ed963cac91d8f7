import { InvalidArgumentError } from 'commander';
import { parseRate } from '../../model/bandwidth.ts';
import type { Weights } from '../order/request.ts';

/** The options of `sender analyze` as they were typed. */
export interface AnalyzeFlags {
  readonly document?: readonly string[];
  readonly plan?: string;
  readonly write?: true;
  readonly services?: string;
  readonly writeServices?: string;
  readonly noise: number;
  readonly parallel?: number;
  readonly waveServers?: number;
  readonly waveGib?: number;
  readonly waveMinutes?: number;
  readonly waveGap?: number;
  readonly before?: readonly string[];
  readonly together?: readonly string[];
  readonly weights: Partial<Weights>;
  readonly history?: readonly string[];
  readonly link?: number;
  readonly hosts?: string;
  readonly svg?: string;
  readonly html?: string;
  readonly seed: number;
}

/** Returns the parser of numbers in a range. */
export function parseNumber(least: number, most: number, whole = false): (text: string) => number {
  return (text) => {
    const number = /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most) || (whole && !Number.isInteger(number)))
      throw new InvalidArgumentError(`Write a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
    return number;
  };
}

/** Parses a rate such as `100mbit` to bytes a second. */
export function parseLink(text: string): number {
  const rate = parseRate(text);
  if (rate === undefined) throw new InvalidArgumentError('Write a rate such as 800kbit, 100mbit or 2.5gbit.');
  return rate;
}

const parts = { service: 'downtime', traffic: 'split', length: 'length' } as const satisfies Record<string, keyof Weights>;

/** Parses `service=4,traffic=1,length=0.01`, or a part of it. */
export function parseWeights(text: string): Partial<Weights> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [, name = '', number = ''] = /^\s*(\w+)=(\d{1,9}(?:\.\d{1,9})?)\s*$/.exec(part) ?? [];
      if (!Object.hasOwn(parts, name)) throw new InvalidArgumentError('Write weights such as service=4,traffic=1,length=0.01.');
      return [parts[name as keyof typeof parts], Number(number)];
    }),
  );
}
