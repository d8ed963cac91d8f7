import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proofText, type SignedProof } from '../../protocol/proof/proof.ts';
import { signText } from '../../protocol/proof/signature.ts';
import { type ReceiverStatement, type SenderStatement, sha256OfText, statementText } from '../../protocol/proof/statement.ts';
import { type Identity, loadOrCreateIdentity } from '../../protocol/transport/identity.ts';
import { canonicalJson } from '../../shared/model/canonical-json.ts';

/** The keys of two daemons. */
export interface Keys {
  readonly sender: Identity;
  readonly receiver: Identity;
}

/** Makes the keys of two daemons. */
export async function twoKeys(): Promise<Keys> {
  const dir = await mkdtemp(join(tmpdir(), 'keys-'));
  try {
    const sender = await loadOrCreateIdentity(join(dir, 's'), 'sender');
    return { sender, receiver: await loadOrCreateIdentity(join(dir, 'r'), 'receiver') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What a test wants of a proof. */
export interface ProofParts {
  readonly receiver?: Partial<ReceiverStatement>;
  readonly sender?: Partial<SenderStatement>;
}

const usual = [
  { resource: 'subnet/front', attribute: '*', owner: 'ann – é', until: '2027-03-31', reason: 'the "resolvers" moved' },
];

/** A proof of one server and one disk, signed by both keys. */
export function aProof({ sender, receiver }: Keys, parts: ProofParts = {}, waivers: SignedProof['waivers'] = usual): string {
  const digest = (letter: string): string => letter.repeat(64);
  const common = {
    format: 'godwit/proof-statement' as const,
    version: 1 as const,
    campaign: '7d9f2c1e-4b5a-4c3d-8e2f-1a0b9c8d7e6f',
    at: '2026-11-21T12:30:00.000Z',
    document: digest('1'),
    plan: digest('2'),
    waivers: sha256OfText(canonicalJson(waivers)),
    disks: [{ disk: 's1.root', root: digest('3'), sha256: digest('4') }],
  };
  const theirs = statementText({
    ...common,
    side: 'receiver',
    resources: [{ ref: 'server/s1', id: 'b5', how: 'created', digest: digest('5') }],
    ...parts.receiver,
  });
  const ours = statementText({
    ...common,
    side: 'sender',
    receiver: sha256OfText(theirs),
    resources: [{ ref: 'server/s1', captured: digest('5'), now: null }],
    lines: [],
    omitted: 0,
    worst: null,
    wrong_disks: 0,
    ...parts.sender,
  });
  const proof: SignedProof = {
    format: 'godwit/proof',
    version: 1,
    receiver: { ...signText(receiver, theirs), statement: theirs },
    sender: { ...signText(sender, ours), statement: ours },
    waivers,
  };
  return proofText(proof);
}
