import { expect, test } from 'vitest';
import { type CheckedProof, checkProof } from '../../../../protocol/proof/check-proof.ts';
import { proofText, type SignedProof } from '../../../../protocol/proof/proof.ts';
import { signText } from '../../../../protocol/proof/signature.ts';
import type { Problem } from '../../../../shared/problem.ts';
import { aProof, type Keys, type ProofParts, twoKeys } from '../../../support/proof.ts';

const keys: Keys = await twoKeys();
const signers = { sender: keys.sender.fingerprint, receiver: keys.receiver.fingerprint };

const checked = (text: string): CheckedProof => checkProof(text, signers, 'proof.json');

/** What a proof is refused with. */
function refusal(text: string): string {
  try {
    checked(text);
  } catch (error) {
    expect((error as Problem).code).toBe('E_PROOF');
    return (error as Problem).message;
  }
  return 'it is accepted';
}

test('a proof that nobody touched is accepted, with what both sides state', () => {
  const { equal, others, waivers, sender } = checked(aProof(keys));
  expect({ equal, others }).toEqual({ equal: 1, others: [] });
  expect(sender.disks[0]?.root).toBe('3'.repeat(64));
  expect(waivers).toMatchObject([{ owner: 'ann – é' }]);
});

test('a changed byte is found wherever it is', () => {
  const whole = Buffer.from(aProof(keys));
  const accepted: number[] = [];
  for (let at = 0; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    if (refusal(changed.toString()) === 'it is accepted') accepted.push(at);
  }
  expect(accepted).toEqual([]);
  expect(refusal(`${whole.toString()} `)).toMatch(/canonical form/);
  expect(refusal(whole.subarray(0, -1).toString())).toMatch(/canonical form/);
}, 120_000);

test.each([
  ['the root of a disk', /3{64}/, '6'.repeat(64), /statement or .*\.signature was changed/],
  ['a waiver', /resolvers\\" moved/, 'resolvers\\" went', /waivers is not the list/],
  ['the name of a member', /"waivers":\[/, '"weavers":[', /not as a proof has it/],
  ['a blank between members', /^\{/, '{ ', /canonical form/],
])('a change of %s is named', (_what, from, to, named) => {
  expect(refusal(aProof(keys).replace(from, to))).toMatch(named);
});

test('the key of somebody else is named with its fingerprint', async () => {
  const others = await twoKeys();
  const foreign = { sender: keys.sender, receiver: others.receiver };
  expect(refusal(aProof(foreign))).toContain(`receiver.key has the fingerprint ${others.receiver.fingerprint}`);
});

test('halves of two proofs are no proof, though both are signed', () => {
  const one = JSON.parse(aProof(keys)) as Record<string, unknown>;
  const other = JSON.parse(aProof(keys, { receiver: { at: '2026-11-22T12:30:00.000Z' } })) as Record<string, unknown>;
  const mixed = `${JSON.stringify({ ...one, receiver: other['receiver'] })}\n`;
  expect(refusal(mixed)).toMatch(/halves are of two proofs/);
});

test.each<[string, ProofParts, RegExp]>([
  ['of two campaigns', { receiver: { campaign: '00000000-0000-4000-8000-000000000000' } }, /different values of campaign/],
  ['of two plans', { sender: { plan: '9'.repeat(64) } }, /different values of plan/],
  [
    'with two roots of a disk',
    { receiver: { disks: [{ disk: 's1.root', root: '8'.repeat(64), sha256: null }] } },
    /different roots of disk s1\.root/,
  ],
  ['without a disk', { receiver: { disks: [] } }, /states nothing of disk s1\.root/],
])('statements %s contradict each other', (_what, parts, named) => {
  expect(refusal(aProof(keys, parts))).toMatch(named);
});

test('resources whose digests are not equal are listed', () => {
  const lists = (how: 'created' | 'adopted'): object => {
    const resources = [{ ref: 'server/s1' as const, id: 'b5', how, digest: null }];
    const { equal, adopted, others } = checked(aProof(keys, { receiver: { resources } }));
    return { equal, adopted, others };
  };
  expect(lists('created')).toEqual({ equal: 0, adopted: [], others: ['server/s1'] });
  expect(lists('adopted')).toEqual({ equal: 0, adopted: ['server/s1'], others: [] });
});

test.each([
  ['with a member that is there twice', (text: string) => text.replace('{', '{"campaign":"of another",')],
  ['with a blank', (text: string) => text.replace('{', '{ ')],
  ['that is no JSON', () => 'all is well'],
])('a statement %s is refused, although it is signed', (_what, change) => {
  const whole = JSON.parse(aProof(keys)) as SignedProof;
  const statement = change(whole.sender.statement);
  const sender = { ...signText(keys.sender, statement), statement };
  expect(refusal(proofText({ ...whole, sender }))).toMatch(/sender\.statement/);
});
