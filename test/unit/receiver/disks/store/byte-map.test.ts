import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Budget } from '../../../../../receiver/disks/store/budget.ts';
import { ByteMap, chunkPlaces } from '../../../../../receiver/disks/store/byte-map.ts';

const length = 3 * chunkPlaces + 17;
const place = fc.oneof(fc.nat(length - 1), fc.constantFrom(0, chunkPlaces - 1, chunkPlaces, 2 * chunkPlaces, length - 1));
const byte = fc.nat(3);

test('a map of bytes is as an array of them, whatever is set and filled, and gives its memory back', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('set', 'fill', 'change', 'settle'), place, place, byte), { maxLength: 12 });
  fc.assert(
    fc.property(steps, byte, (list, first) => {
      const memory = new Budget(2 ** 30);
      const map = new ByteMap(length, first, memory);
      const model = new Uint8Array(length).fill(first);
      for (const [what, one, other, value] of list) {
        const from = Math.min(one, other);
        const to = Math.max(one, other) + 1;
        if (what === 'set') {
          map.set(one, value);
          model[one] = value;
        } else if (what === 'fill') {
          map.fill(value, from, to);
          model.fill(value, from, to);
        } else if (what === 'change') {
          map.change((had) => (had + 1) % 4);
          for (let at = 0; at < length; at += 1) model[at] = ((model[at] ?? 0) + 1) % 4;
        }
        const runs = [...map.runs(from, to)];
        expect(runs[0]?.from).toBe(from);
        expect(runs.at(-1)?.to).toBe(to);
        for (const [at, run] of runs.entries()) {
          expect(run.from).toBe(runs[at - 1]?.to ?? from);
          expect(model.subarray(run.from, run.to).every((had) => had === run.byte)).toBe(true);
        }
        expect(map.get(one)).toBe(model[one]);
      }
      map.close();
      expect(memory.free).toBe(2 ** 30);
    }),
    { numRuns: 60 },
  );
});

test('half a billion places that are all alike take no memory, and are filled at once', () => {
  const memory = new Budget(0);
  const map = new ByteMap(2 ** 29, 0, memory);
  map.fill(7, 0, 2 ** 29);
  expect([map.get(0), map.get(2 ** 28), map.get(2 ** 29 - 1)]).toEqual([7, 7, 7]);
});

test('what no memory is left for is refused, and nothing of it is changed', () => {
  const memory = new Budget(chunkPlaces);
  const map = new ByteMap(length, 0, memory);
  map.set(1, 1);
  expect(() => map.set(chunkPlaces, 1)).toThrow(expect.objectContaining({ code: 'E_BUSY' }));
  expect(map.get(chunkPlaces)).toBe(0);
  map.settle(2);
  map.set(chunkPlaces, 1);
  expect([map.get(1), map.get(chunkPlaces)]).toEqual([2, 1]);
});
