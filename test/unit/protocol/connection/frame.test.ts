import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataFrame, decodeText, encodeText, headerBytes, maxId } from '../../../../protocol/connection/frame.ts';
import { limits } from '../../../../protocol/limits.ts';
import { Problem } from '../../../../shared/problem.ts';
import { decodeWhole, encodeData } from '../../../support/protocol.ts';

const id = fc.integer({ min: 1, max: maxId });
const data: fc.Arbitrary<DataFrame> = fc
  .record({ id, codec: fc.constantFrom('none', 'zstd'), bytes: fc.uint8Array({ maxLength: 4096 }), saved: fc.nat({ max: 4096 }) })
  .map(({ id, codec, bytes, saved }) => ({
    id,
    codec,
    rawBytes: codec === 'none' ? bytes.length : bytes.length + saved,
    payload: Buffer.from(bytes),
  }));
// What JSON leaves as it is: a member that is undefined, or -0, would not come back.
const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const problem = fc.record({ code: fc.string(), says: fc.string(), hint: fc.string() });
const text = fc.oneof(
  fc.record({ id, name: fc.string(), params: json }),
  fc.record({ name: fc.string(), params: json }),
  fc.record({ id, result: json }),
  fc.record({ id, problem }),
);

describe('a text frame', () => {
  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(text, (frame) => {
        expect(decodeText(encodeText(frame))).toEqual(frame);
      }),
    );
  });

  it('ignores members it does not know', () => {
    expect(decodeText('{"id":1,"result":2,"later":3}')).toEqual({ id: 1, result: 2 });
  });

  it('is refused with E_MALFORMED, whatever else the text is', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      json.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anything, (garbage) => {
        try {
          const frame = decodeText(garbage);
          expect('name' in frame || 'id' in frame).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Problem);
          expect((thrown as Problem).code).toBe('E_MALFORMED');
        }
      }),
    );
  });

  it.each([
    ['is no object', '[]'],
    ['has neither name nor id', '{}'],
    ['answers nobody', '{"result":1}'],
    ['is request and answer at once', '{"id":1,"name":"campaign.open","result":1}'],
    ['has two answers', '{"id":1,"result":1,"problem":{"code":"E_BUG","says":"","hint":""}}'],
    ['has no answer', '{"id":1}'],
    ['has a problem without a hint', '{"id":1,"problem":{"code":"E_BUG","says":""}}'],
    ['has the id 0', '{"id":0,"name":"campaign.open","params":{}}'],
    ['has a negative id', '{"id":-1,"name":"campaign.open","params":{}}'],
    ['has half an id', '{"id":1.5,"name":"campaign.open","params":{}}'],
    ['has an id of five bytes', '{"id":4294967296,"name":"campaign.open","params":{}}'],
    ['has an id in words', '{"id":"1","name":"campaign.open","params":{}}'],
    ['has a number for a name', '{"id":1,"name":7,"params":{}}'],
    ['is cut off', '{"id":1,"name":"campaign.op'],
  ])('that %s is refused', (_why, garbage) => {
    expect(() => decodeText(garbage)).toThrow(expect.objectContaining({ code: 'E_MALFORMED' }));
  });

  it('may be nested as deep as the limit, and no deeper', () => {
    const nested = (depth: number): string => `{"name":"a","params":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(decodeText(nested(limits.jsonDepth - 1))).toMatchObject({ name: 'a' });
    expect(() => decodeText(nested(limits.jsonDepth))).toThrow('nested deeper than 64 levels');
    expect(() => decodeText(nested(1_000_000))).toThrow(Problem);
  });
});

describe('a binary frame', () => {
  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(data, (frame) => {
        expect(decodeWhole(encodeData(frame))).toEqual(frame);
      }),
    );
  });

  it('is a header of 12 bytes and the payload as it is', () => {
    fc.assert(
      fc.property(data, (frame) => {
        expect(encodeData(frame).length).toBe(headerBytes + frame.payload.length);
        expect(encodeData(frame).subarray(headerBytes).equals(frame.payload)).toBe(true);
      }),
    );
  });

  it('says the longest length, and not one byte more', () => {
    const longest = { id: 1, codec: 'zstd', rawBytes: limits.frameBytes, payload: Buffer.alloc(9) } as const;
    expect(decodeWhole(encodeData(longest)).rawBytes).toBe(limits.frameBytes);
    expect(() => encodeData({ ...longest, rawBytes: limits.frameBytes + 1 })).toThrow(
      expect.objectContaining({ code: 'E_TOO_LARGE' }),
    );
    const bomb = encodeData(longest);
    bomb.writeUInt32BE(limits.frameBytes + 1, 8);
    expect(() => decodeWhole(bomb)).toThrow('is too long');
  });

  it('never grows by being packed, neither when written nor when read', () => {
    const grown = { id: 1, codec: 'zstd', rawBytes: 8, payload: Buffer.alloc(9) } as const;
    expect(() => encodeData(grown)).toThrow(expect.objectContaining({ code: 'E_TOO_LARGE' }));
    const foreign = encodeData({ ...grown, rawBytes: 9 });
    foreign.writeUInt32BE(8, 8);
    expect(() => decodeWhole(foreign)).toThrow('says 8 bytes and has 9');
  });

  it('that is not packed is refused wherever it is cut, and with anything behind it', () => {
    fc.assert(
      fc.property(data, fc.nat(), (frame, at) => {
        const whole = encodeData({ ...frame, codec: 'none', rawBytes: frame.payload.length });
        expect(() => decodeWhole(whole.subarray(0, at % whole.length))).toThrow(expect.objectContaining({ code: 'E_MALFORMED' }));
        expect(() => decodeWhole(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow(
          expect.objectContaining({ code: 'E_MALFORMED' }),
        );
      }),
    );
  });

  it.each([
    ['another kind', 0, 2],
    ['a codec that is not known', 1, 3],
    ['something in the reserved bytes', 3, 1],
    ['a length of two gigabytes, or a negative one', 8, 0xff],
  ])('with %s is refused', (_what, at, value) => {
    const frame = encodeData({ id: 1, codec: 'none', rawBytes: 16, payload: Buffer.alloc(16) });
    frame.writeUInt8(value, at);
    expect(() => decodeWhole(frame)).toThrow(expect.objectContaining({ code: 'E_MALFORMED' }));
  });

  it('with the id 0 is refused, because no request has it', () => {
    const frame = encodeData({ id: 0, codec: 'none', rawBytes: 16, payload: Buffer.alloc(16) });
    expect(() => decodeWhole(frame)).toThrow('names no pull');
  });

  it('is never read as anything but data or a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decodeWhole(Buffer.from(bytes)).payload.length).toBe(bytes.length - headerBytes);
        } catch (thrown) {
          expect((thrown as Problem).code).toBe('E_MALFORMED');
        }
      }),
    );
  });
});
