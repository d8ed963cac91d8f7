import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newPairingCode, readPairingCode } from '../../../../protocol/transport/pairing-code.ts';
import { type PairingContext, pairingProof } from '../../../../protocol/transport/pairing-proof.ts';
import { PairingWindow } from '../../../../protocol/transport/pairing-window.ts';
import { isProblem } from './house.ts';

const context: PairingContext = {
  sender: 'a'.repeat(64),
  receiver: 'b'.repeat(64),
  senderNonce: '1'.repeat(64),
  receiverNonce: '2'.repeat(64),
};

function proofWith(code: string, changed: Partial<PairingContext> = {}): string {
  return pairingProof(readPairingCode(code), 'sender', { ...context, ...changed });
}

describe('a pairing code', () => {
  test('has twenty letters and digits in groups of five', () => {
    expect(newPairingCode()).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
  });

  test('is another one every time that one is made', () => {
    expect(new Set(Array.from({ length: 1000 }, newPairingCode)).size).toBe(1000);
  });

  test('is read as people type it, in any case and with any spaces', () => {
    const code = '01ABC-DEFGH-JKMNP-QRST1';
    for (const typed of ['o1abc-defgh-jkmnp-qrsti', ' OLABCDEFGHJKMNPQRSTL\n', '0 1 A B C D E F G H J K M N P Q R S T 1'])
      expect(readPairingCode(typed)).toBe(readPairingCode(code));
  });

  test('is refused, without being repeated, when no code looks like that', () => {
    for (const typed of ['', 'SECRE-TCODE', '01ABC-DEFGH-JKMNP-QRSTU', '01ABC-DEFGH-JKMNP-QRST1-X']) {
      const refused = () => readPairingCode(typed);
      expect(refused).toThrow(isProblem('E_PAIRING_WRONG_CODE'));
      if (typed) expect(refused).not.toThrow(typed);
    }
  });

  test('survives dashes, blanks and lower case anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('', '-', ' ', '--'), { minLength: 20, maxLength: 20 }), (gaps) => {
        const code = newPairingCode().replaceAll('-', '');
        const typed = gaps.map((gap, index) => gap + (code[index] ?? '').toLowerCase()).join('');
        expect(readPairingCode(typed)).toBe(code);
      }),
    );
  });
});

describe('a pairing window', () => {
  test('answers the right proof with a proof of its own', () => {
    const window = new PairingWindow();
    const code = window.open();
    expect(window.redeem(proofWith(code), context)).toBe(pairingProof(readPairingCode(code), 'receiver', context));
  });

  test('lets a code be used once, and never again', () => {
    const window = new PairingWindow();
    const proof = proofWith(window.open());
    window.redeem(proof, context);
    expect(() => window.redeem(proof, context)).toThrow(isProblem('E_PAIRING_USED'));
    expect(() => window.mustBeOpen()).toThrow(isProblem('E_PAIRING_USED'));
  });

  test('lets a code live ten minutes', () => {
    let nowMs = 0;
    const window = new PairingWindow(() => nowMs);
    const proof = proofWith(window.open());
    nowMs = 600_000 - 1;
    expect(() => window.mustBeOpen()).not.toThrow();
    nowMs = 600_000;
    expect(() => window.redeem(proof, context)).toThrow(isProblem('E_PAIRING_EXPIRED'));
  });

  test('closes after five wrong proofs, and then refuses the right one', () => {
    const window = new PairingWindow();
    const right = proofWith(window.open());
    const wrong = proofWith(newPairingCode());
    for (const left of ['4 more', '3 more', '2 more', '1 more', 'has stopped'])
      expect(() => window.redeem(wrong, context)).toThrow(left);
    expect(() => window.redeem(right, context)).toThrow(isProblem('E_PAIRING_CLOSED'));
  });

  test('makes the former code worthless when it is opened again', () => {
    const window = new PairingWindow();
    const former = proofWith(window.open());
    window.open();
    expect(() => window.redeem(former, context)).toThrow(isProblem('E_PAIRING_WRONG_CODE'));
  });

  test('refuses everything before it is opened', () => {
    const window = new PairingWindow();
    expect(() => window.mustBeOpen()).toThrow(isProblem('E_PAIRING_CLOSED'));
    expect(() => window.redeem(proofWith(new PairingWindow().open()), context)).toThrow(isProblem('E_PAIRING_CLOSED'));
  });

  test.each([
    ['another sender key', { sender: 'c'.repeat(64) }],
    ['another receiver key', { receiver: 'c'.repeat(64) }],
    ['an older number of the sender', { senderNonce: '3'.repeat(64) }],
    ['an older number of the receiver', { receiverNonce: '3'.repeat(64) }],
  ])('refuses a proof that was made for %s', (_what, changed) => {
    const window = new PairingWindow();
    const proof = proofWith(window.open(), changed);
    expect(() => window.redeem(proof, context)).toThrow(isProblem('E_PAIRING_WRONG_CODE'));
  });

  test("refuses the receiver's proof as the sender's", () => {
    const window = new PairingWindow();
    const mirrored = pairingProof(readPairingCode(window.open()), 'receiver', context);
    expect(() => window.redeem(mirrored, context)).toThrow(isProblem('E_PAIRING_WRONG_CODE'));
  });
});
