import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Assembly } from '../../../../protocol/connection/assembly.ts';
import { type ArrivedFrame, decodeData, encodeHeader } from '../../../../protocol/connection/frame.ts';

const whole = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));

/** Parts of the payload, cut at some places, as they arrive. */
function cutAt(places: readonly number[]): ArrivedFrame[] {
  const ends = [...new Set([...places, whole.length])].sort((a, b) => a - b).filter((end) => end > 0);
  return ends.map((end, index) => {
    const at = ends[index - 1] ?? 0;
    const payload = whole.subarray(at, end);
    const header = encodeHeader({ id: 7, codec: 'zstd', rawBytes: 4000, payload, part: { at, of: whole.length } });
    return decodeData([Buffer.concat([header, payload])]);
  });
}

describe('the parts of a data frame', () => {
  test('make the frame in whatever order they arrive', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat()), (places, order) => {
        const parts = cutAt(places)
          .map((part) => ({ part, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ part }) => part);
        const assembly = new Assembly(parts[0] as ArrivedFrame);
        const ends = parts.map((part) => assembly.add(part));
        const last = ends.pop();
        expect(ends.every((end) => end === undefined)).toBe(true);
        expect(last).toMatchObject({ codec: 'zstd', rawBytes: 4000 });
        expect(Buffer.concat(last?.payload ?? []).equals(whole)).toBe(true);
      }),
    );
  });

  test('that overlap, or are of different frames, are refused', () => {
    const [first, second] = cutAt([400]) as [ArrivedFrame, ArrivedFrame];
    const twice = new Assembly(first);
    twice.add(first);
    twice.add(first);
    expect(() => twice.add(first)).toThrow(expect.objectContaining({ code: 'E_MALFORMED' }));
    for (const other of [
      { ...second, codec: 'none' as const },
      { ...second, rawBytes: 4001 },
      { ...second, part: undefined },
    ]) {
      const assembly = new Assembly(first);
      assembly.add(first);
      expect(() => assembly.add(other)).toThrow(expect.objectContaining({ code: 'E_MALFORMED' }));
    }
  });

  test('that are empty, or lie beyond their frame, are refused where they are read', () => {
    const header = (at: number, of: number, length: number): Buffer =>
      Buffer.concat([
        encodeHeader({ id: 7, codec: 'zstd', rawBytes: 4000, payload: Buffer.alloc(length), part: { at, of } }),
        Buffer.alloc(length),
      ]);
    for (const bytes of [header(0, 1000, 0), header(600, 1000, 401), header(0, 4001, 10)])
      expect(() => decodeData([bytes])).toThrow(expect.objectContaining({ code: 'E_MALFORMED' }));
  });
});
