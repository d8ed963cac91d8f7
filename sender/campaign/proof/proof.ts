import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { proofText, type SignedProof } from '../../../protocol/proof/proof.ts';
import { isSigned, signText } from '../../../protocol/proof/signature.ts';
import {
  inOrderOf,
  type ReceiverStatement,
  type SenderStatement,
  sha256OfText,
  statementText,
} from '../../../protocol/proof/statement.ts';
import type { Identity } from '../../../protocol/transport/identity.ts';
import type { SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import { canonicalJson } from '../../../shared/model/canonical-json.ts';
import { resourcesOf } from '../../../shared/model/configurations.ts';
import { readMarker } from '../../../shared/model/marker.ts';
import { type Ref, type Resource, refOf } from '../../../shared/model/resource.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Ask } from '../../migration/phase.ts';
import { recall } from '../../migration/recall.ts';
import type { Campaign } from '../campaign.ts';
import type { WithHeld } from '../compare/verification.ts';

/** What a proof is made with. */
export interface ProofTools {
  readonly source: Pick<SourceCloud, 'portrait'>;
  readonly ask: Ask;
  readonly signal: AbortSignal;
  /** The key that the receiver has pinned. */
  readonly identity: Pick<Identity, 'privateKey'>;
}

/** Resources whose digests are made in one turn of the event loop. */
const together = 100;

/**
 * Makes the proof of a verification: the receiver signs what it read, the sender signs what it read
 * and found, with the digest of the receiver's statement. Throws E_PROOF where the receiver signed
 * something else than it told.
 */
export async function proofOf(
  campaign: Campaign,
  { verification, held }: WithHeld,
  { source, ask, signal, identity }: ProofTools,
): Promise<string> {
  const { comparison, disks, waivers } = verification;
  if (comparison === null)
    throw new Problem('E_UNSUPPORTED', 'The receiver is older than proofs.', { hint: 'Upgrade the receiver first.' });
  const plan = sha256OfText(await readFile(join(campaign.folder, 'plan.yaml'), 'utf8'));
  const digests = { plan, waivers: sha256OfText(canonicalJson(waivers)) };
  const answer = await ask('campaign.prove', { campaign: campaign.id, ...digests }, signal);
  const theirs: ReceiverStatement = {
    format: 'godwit/proof-statement',
    version: 1,
    side: 'receiver',
    campaign: campaign.id,
    at: answer.signed_at,
    document: answer.document,
    ...digests,
    disks: answer.disks,
    resources: inOrderOf(
      held.map(({ ref, id, how, there }) => ({ ref, id, how, digest: there })),
      ({ ref }) => ref,
    ),
  };
  const said = statementText(theirs);
  const { key, signature } = answer;
  if (sha256OfText(said) !== answer.statement || !isSigned({ key, signature }, said))
    throw new Problem('E_PROOF', 'The receiver signed something else than it told.', {
      hint: 'Run `sender verify --proof` again: the receiver may have been read by another command meanwhile.',
    });
  const now = new Map(held.map((one) => [one.ref, one.source]));
  const ours: SenderStatement = {
    format: 'godwit/proof-statement',
    version: 1,
    side: 'sender',
    campaign: campaign.id,
    at: verification.at,
    document: (await readMarker(campaign.folder, { kind: 'configuration' }))?.digest ?? null,
    ...digests,
    disks: await disksOf(campaign, disks),
    receiver: answer.statement,
    resources: await resourcesNow(campaign, now, source),
    lines: comparison.lines,
    omitted: comparison.omitted,
    worst: comparison.worst,
    wrong_disks: disks.filter(({ agrees }) => !agrees).length,
  };
  const text = statementText(ours);
  const proof: SignedProof = {
    format: 'godwit/proof',
    version: 1,
    receiver: { key, signature, statement: said },
    sender: { ...signText(identity, text), statement: text },
    waivers,
  };
  return proofText(proof);
}

/** The root that each disk was sealed with, and its digest where it was read again now. */
async function disksOf(campaign: Campaign, verdicts: WithHeld['verification']['disks']): Promise<SenderStatement['disks']> {
  const read = new Map(verdicts.map(({ disk, sha256 }) => [disk, sha256]));
  const sealed = new Map<string, { readonly root: string }>();
  for (const move of campaign.moves().flatMap((wave) => wave.moves)) {
    // The whole journal is looked through for each server.
    await setImmediate();
    for (const [disk, one] of Object.entries(recall(move, campaign.journal).learned.sealed ?? {})) sealed.set(disk, one);
  }
  const disks = campaign.document.disks.map(({ id: disk }) => ({
    disk,
    root: sealed.get(disk)?.root ?? null,
    sha256: read.get(disk) ?? null,
  }));
  return inOrderOf(disks, ({ disk }) => disk);
}

/** The canonical digests of what was compared, as it was captured and as it is. */
async function resourcesNow(
  { document }: Campaign,
  now: ReadonlyMap<Ref, Resource | null>,
  source: ProofTools['source'],
): Promise<SenderStatement['resources']> {
  const digestOf = (one: Resource): string => sha256OfText(canonicalJson(source.portrait(one)));
  const found: SenderStatement['resources'][number][] = [];
  for (const [index, captured] of resourcesOf(document).entries()) {
    if (index % together === 0) await setImmediate();
    const ref = refOf(captured.kind, captured.id);
    const is = now.get(ref);
    if (is === undefined) continue;
    found.push({ ref, captured: digestOf(captured), now: is === null ? null : digestOf(is) });
  }
  return inOrderOf(found, ({ ref }) => ref);
}
