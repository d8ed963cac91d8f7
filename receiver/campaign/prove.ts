import { join } from 'node:path';
import type { Params, Result } from '../../protocol/messages.ts';
import { signText } from '../../protocol/proof/signature.ts';
import { inOrderOf, type ReceiverStatement, sha256OfText, statementText } from '../../protocol/proof/statement.ts';
import { loadOrCreateIdentity } from '../../protocol/transport/identity.ts';
import { readMarker } from '../../shared/model/marker.ts';
import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from './campaign.ts';

/**
 * Signs what was read of the destination since a comparison began, with the key that the sender has
 * pinned. `state`: the state directory. Throws E_NOT_FOUND where nothing was compared.
 */
export async function prove(
  { id: campaign, folder, readings, reader, ledger }: ReceiverCampaign,
  { plan, waivers }: Pick<Params<'campaign.prove'>, 'plan' | 'waivers'>,
  state: string,
): Promise<Result<'campaign.prove'>> {
  if (readings.resources.size === 0)
    throw new Problem('E_NOT_FOUND', 'Nothing of the campaign was compared since the receiver started.', {
      hint: 'Run `sender verify` again.',
    });
  const at = new Date().toISOString();
  const document = (await readMarker(folder, { kind: 'configuration' }))?.digest ?? null;
  const disks: ReceiverStatement['disks'][number][] = [];
  for (const { server_id: server, id: disk } of reader.document?.disks ?? []) {
    const sealed = await readMarker(folder, { kind: 'disk', server, disk });
    // A commit deletes the copies: what was read of them before is nothing that is there.
    const sha256 = ledger.standing === 'committed' ? undefined : readings.disks.get(refOf('disk', disk));
    disks.push({ disk, root: sealed?.digest ?? null, sha256: sha256 ?? null });
  }
  const sorted = inOrderOf(disks, ({ disk }) => disk);
  const resources = inOrderOf([...readings.resources.values()], ({ ref }) => ref);
  const told = { campaign, at, document, plan, waivers, disks: sorted, resources };
  const text = statementText({ format: 'godwit/proof-statement', version: 1, side: 'receiver', ...told });
  const identity = await loadOrCreateIdentity(join(state, 'identity'), 'receiver');
  return { signed_at: at, document, disks: sorted, statement: sha256OfText(text), ...signText(identity, text) };
}
