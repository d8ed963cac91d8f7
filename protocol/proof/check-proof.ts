import type { z } from 'zod';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { Ref } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { proofText, SignedProof } from './proof.ts';
import { fingerprintOfKey, isSigned } from './signature.ts';
import { ReceiverStatement, SenderStatement, sha256OfText } from './statement.ts';

/** The keys that must have signed, by their fingerprints. */
export interface Signers {
  readonly sender: string;
  readonly receiver: string;
}

/** A proof in which every byte is accounted for. */
export interface CheckedProof {
  readonly sender: SenderStatement;
  readonly receiver: ReceiverStatement;
  readonly waivers: SignedProof['waivers'];
  /** Resources whose canonical digests are equal on both sides; adopted ones; and all others. */
  readonly equal: number;
  readonly adopted: readonly string[];
  readonly others: readonly string[];
}

/**
 * Checks a proof without a network and without a daemon: its form, its keys, both signatures, and
 * that both statements are of the same campaign. Throws E_PROOF, and names what does not fit.
 */
export function checkProof(text: string, signers: Signers, about: string): CheckedProof {
  const refuse = (says: string): Problem => new Problem('E_PROOF', `${about}: ${says}`, { about });
  const proof = readProof(text, refuse);
  const sender = readHalf('sender', SenderStatement, proof, signers, refuse);
  const receiver = readHalf('receiver', ReceiverStatement, proof, signers, refuse);
  if (sender.receiver !== sha256OfText(proof.receiver.statement))
    throw refuse("receiver.statement is not the one that the sender's statement names: the halves are of two proofs.");
  for (const member of ['campaign', 'document', 'plan', 'waivers'] as const)
    if (sender[member] !== receiver[member]) throw refuse(`the two statements have different values of ${member}.`);
  if (sender.waivers !== sha256OfText(canonicalJson(proof.waivers)))
    throw refuse('waivers is not the list that both statements name by its digest.');
  mustAgreeOnDisks(sender, receiver, refuse);
  return { sender, receiver, waivers: proof.waivers, ...comparedDigests(sender, receiver) };
}

type Refuse = (says: string) => Problem;

function readProof(text: string, refuse: Refuse): SignedProof {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON.');
  }
  const parsed = SignedProof.safeParse(value);
  if (!parsed.success) throw refuse(`${pathOf(parsed.error)} is not as a proof has it.`);
  if (proofText(parsed.data) !== text)
    throw refuse('it is not in its canonical form: something was changed between its members.');
  return parsed.data;
}

function readHalf<T>(side: 'sender' | 'receiver', schema: z.ZodType<T>, proof: SignedProof, signers: Signers, refuse: Refuse): T {
  const half = proof[side];
  const fingerprint = fingerprintOfKey(half.key);
  if (fingerprint === null) throw refuse(`${side}.key is no public key.`);
  if (fingerprint !== signers[side]) throw refuse(`${side}.key has the fingerprint ${fingerprint}, not ${signers[side]}.`);
  if (!isSigned(half, half.statement))
    throw refuse(`${side}.statement or ${side}.signature was changed: the key did not sign this.`);
  const parsed = schema.safeParse(jsonIn(half.statement));
  if (!parsed.success) throw refuse(`${side}.statement.${pathOf(parsed.error)} is not as this release knows it.`);
  // Of a member that is there twice one reader takes the first, and another the last.
  if (canonicalJson(parsed.data) !== half.statement) throw refuse(`${side}.statement is not in its canonical form.`);
  return parsed.data;
}

/** What a text says; undefined where it is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function pathOf({ issues }: z.ZodError): string {
  return issues[0]?.path.join('.') || 'the whole';
}

/** Both sides name the same roots, and digests where both read the bytes. */
function mustAgreeOnDisks(sender: SenderStatement, receiver: ReceiverStatement, refuse: Refuse): void {
  const there = new Map(receiver.disks.map((one) => [one.disk, one]));
  for (const here of sender.disks) {
    const other = there.get(here.disk);
    if (other === undefined) throw refuse(`the receiver states nothing of disk ${here.disk}.`);
    const differs = (a: string | null, b: string | null): boolean => a !== null && b !== null && a !== b;
    if (differs(here.root, other.root)) throw refuse(`the two sides have different roots of disk ${here.disk}.`);
    // What differs in bytes is counted by the sender, and told.
    if (differs(here.sha256, other.sha256) && sender.wrong_disks === 0)
      throw refuse(`the two sides have different digests of disk ${here.disk}.`);
  }
}

function comparedDigests(
  sender: SenderStatement,
  receiver: ReceiverStatement,
): Pick<CheckedProof, 'equal' | 'adopted' | 'others'> {
  const there = new Map(receiver.resources.map((one) => [one.ref, one]));
  const unequal = sender.resources.filter(({ ref, captured }) => there.get(ref)?.digest !== captured).map(({ ref }) => ref);
  const isAdopted = (ref: Ref): boolean => there.get(ref)?.how === 'adopted';
  const equal = sender.resources.length - unequal.length;
  return { equal, adopted: unequal.filter(isAdopted), others: unequal.filter((ref) => !isAdopted(ref)) };
}
