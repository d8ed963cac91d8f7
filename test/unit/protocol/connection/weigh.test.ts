import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText } from '../../../../protocol/connection/frame.ts';
import { weigh } from '../../../../protocol/connection/weigh.ts';
import { limits } from '../../../../protocol/limits.ts';
import { longestTurnMs } from '../../../support/turns.ts';

const endless = { values: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY };

/** Processor time of this thread that some work takes: milliseconds, whatever else runs. */
function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Values of a JSON value, itself included; keys do not count. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const inside = Object.values(value);
  return Math.max(1, inside.length) + inside.reduce((sum: number, one) => sum + valuesIn(one) - 1, 0) + 1;
}

describe('the weight of a JSON text', () => {
  test('is never less than the values it parses to, and its depth is theirs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { values } = weigh(JSON.stringify(value), endless);
        expect(values).toBe(valuesIn(value));
      }),
    );
  });

  test('does not count what stands in strings', () => {
    for (const text of ['"[{,]}"', String.raw`"\"[{,\\"`, String.raw`"\\\"[,"`, '"[', '"'])
      expect(weigh(text, endless)).toEqual({ values: 1, depth: 0 });
  });

  test.each(['[],', '{},', '"",', '0,', '[[],[]],'])('stops a frame of 15 MiB of %s within one short turn', (piece) => {
    const text = `{"name":"a","params":[${piece.repeat((15 * 1024 * 1024) / piece.length)}0]}`;
    const took = cpuMs(() => expect(() => decodeText(text)).toThrow(expect.objectContaining({ code: 'E_TOO_LARGE' })));
    expect(took).toBeLessThan(longestTurnMs);
  });

  test('lets a frame of as many values as are allowed through', () => {
    const list = Array.from({ length: limits.jsonValues - 4 }, () => 0);
    expect(decodeText(JSON.stringify({ name: 'a', params: list }))).toMatchObject({ name: 'a' });
  });
});
