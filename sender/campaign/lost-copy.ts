import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { Move } from '../migration/move.ts';
import { titles } from '../migration/phases/stop.ts';
import type { Campaign } from './campaign.ts';
import { type StepTools, workSignal } from './step.ts';

/**
 * Throws E_SERVER_STATE where the destination no longer has a moved server, or a volume of it: its
 * source may then be the only copy, and MUST be neither locked nor deleted. A bundle has no
 * destination to ask.
 */
export async function mustBeAtDestination({ id, plan }: Campaign, { kind, server }: Move, tools: StepTools): Promise<void> {
  if (plan.to !== 'receiver') return;
  const { lost, says } = await tools.ask('server.health', { campaign: id, server: server.id }, workSignal(tools));
  if (!lost) return;
  const called = `${titles[kind]} ${server.name || server.id}`;
  throw new Problem('E_SERVER_STATE', `${called} is lost at the destination, so its source stays as it is: ${says}`, {
    about: refOf(kind, server.id),
    hint: 'Its source may be the only copy. `sender commit --keep SERVER` leaves the source as it is, and commits the others.',
  });
}
