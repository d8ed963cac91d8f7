import { accepts } from '../../../shared/model/accepted.ts';
import { refOf } from '../../../shared/model/resource.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/**
 * Refuses a server that a snapshot of one of its volumes may cost its disk, unless the plan accepts
 * that: a volume may have been moved to another back end since its capture. MUST come before the
 * stop, and before every snapshot. Throws E_SERVER_STATE.
 */
export async function mustOutliveSnapshots(
  { server }: Pick<Move, 'server'>,
  { source, document, signal }: Pick<Tools, 'source' | 'document' | 'signal'>,
): Promise<void> {
  const about = refOf('server', server.id);
  const hasVolumes = document.servers.some(({ id, volumes }) => id === server.id && volumes.length > 0);
  if (!hasVolumes || accepts(document.mappings, 'server.volume_snapshot', about)) return;
  const risky = await source.riskyVolumes(server.id, signal);
  if (risky.length === 0) return;
  const says = `Server ${server.name} has volumes of which a snapshot may cost it its disk by now: ${risky.join(', ')}.`;
  throw new Problem('E_SERVER_STATE', says, {
    about,
    hint: 'Move them back to where they were when the server was captured, then `sender resume`. Or end this campaign, and plan the server anew.',
  });
}
