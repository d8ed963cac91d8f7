import { buildAll } from '../../shared/journey/build-all.ts';
import { refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { attemptOf, doneAmong, isTurnedBack } from '../migration/attempt.ts';
import { namesWith } from '../migration/itinerary.ts';
import { type Migration, migrate } from '../migration/migrate.ts';
import type { Move } from '../migration/move.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';
import { type StepTools, workSignal } from './step.ts';

/**
 * Whether a server that has not moved, or no longer counts as moved, may still be kept at the
 * destination: it was created there, and no phase of it is undone. Its source may be gone since.
 */
export function mayBeKept({ journal, plan }: Campaign, server: string): boolean {
  const { facts } = attemptOf(journal.facts, server);
  const done = doneAmong(facts);
  return plan.to === 'receiver' && [...namesWith('network')].every((name) => done.has(name)) && !facts.some(isUndone);
}

function isUndone({ fact }: { readonly fact: string }): boolean {
  return fact === 'undone';
}

/**
 * Leaves a server at the destination for good. A rollback of it that was begun is given up, what it
 * has removed is built again, and the server goes the rest of its way. Throws E_SERVER_STATE where
 * the destination has it no longer.
 */
export async function keep(campaign: Campaign, move: Move, migration: Migration, tools: StepTools): Promise<void> {
  const { id, journal } = campaign;
  const { server } = move;
  if (campaign.moved(server.id)) return;
  const signal = workSignal(tools);
  const { lost, says } = await tools.ask('server.health', { campaign: id, server: server.id }, signal).catch(asLost);
  if (lost)
    throw new Problem('E_SERVER_STATE', `Server ${server.name} cannot be kept, for the destination has it no longer: ${says}`, {
      about: refOf(move.kind, server.id),
      hint: '`sender rollback --give-up SERVER` removes what is left of it there.',
    });
  if (isTurnedBack(journal.facts, server.id)) {
    const learned = await buildAll(recall(move, journal).floatingIps, (ref) => migration.tools.destination.ensure(ref, signal));
    await journal.append({ fact: 'kept', server: server.id, learned });
  }
  await migrate(move, migration);
}

/** A server that the rollback has removed in this moment is lost, too. */
function asLost(error: unknown): { readonly lost: true; readonly says: string } {
  const { code, message } = asProblem(error);
  if (code === 'E_NOT_FOUND') return { lost: true, says: message };
  throw error;
}
