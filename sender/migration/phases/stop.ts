import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerState } from '../../../shared/cloud/source-cloud.ts';
import { refOf } from '../../../shared/model/resource.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import type { Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { whyAloneCannotReturn } from './alone.ts';
import { mustBeAsCaptured } from './as-captured.ts';
import { hostDown } from './look.ts';
import { mustOutliveSnapshots } from './snapshot-risk.ts';

/** What moves, at the beginning of a sentence. */
export const titles = { server: 'Server', volume: 'Volume', image: 'Image' } as const satisfies Record<Move['kind'], string>;

/** Pause between two looks at a server that changes its state (milliseconds), and their number. */
const settleMs = 1_000;
const settleLooks = 60;

/**
 * Stops the source server and waits until it is seen stopped. Just before, a server that was
 * changed since its capture is refused, and whether it runs is noted: its owner may have stopped
 * it.
 */
export async function stop(move: Move, tools: Tools): Promise<undefined> {
  const { server } = move;
  const { source, options, stops, signal } = tools;
  if (!stops.isAsked(server.id)) {
    await mustBeAsCaptured(move, tools, signal);
    await mustOutliveSnapshots(move, tools);
    const { power, isHostDown } = await source.state(server.id, signal);
    if (isHostDown) throw hostDown(server);
    if (power !== 'other') await stops.ask(server.id, power);
  }
  await source.stop(server.id, { timeoutMs: options.stop_timeout_seconds * 1000, signal });
}

/** Starts a source server that ran before; one that was given up and cannot run stays as it is. */
export async function start(move: Move, tools: Tools): Promise<void> {
  const { server, learned } = move;
  if (learned.was !== 'running') return;
  if (tools.isGivenUp(server.id) && (await whyItCannotReturn(move, tools)) !== null) return;
  await tools.source.start(server.id, { timeoutMs: tools.options.build_timeout_seconds * 1000, signal: tools.signal });
}

/**
 * Throws E_SERVER_STATE where the source server, or lone volume, cannot be restored: the
 * destination then may have the only copy, which MUST NOT be removed unless the operator gives the
 * server up.
 */
export async function mustBeAbleToReturn(move: Move, tools: Pick<Tools, 'source' | 'isGivenUp' | 'signal'>): Promise<void> {
  const { server } = move;
  if (tools.isGivenUp(server.id)) return;
  const isServer = move.kind === 'server';
  const why = isServer ? await whyItCannotReturn(move, tools) : await whyAloneCannotReturn(move, tools.source, tools.signal);
  if (why === null) return;
  const word = move.kind.toUpperCase();
  const called = `${titles[move.kind]} ${server.name || server.id}`;
  throw new Problem('E_SERVER_STATE', `${called} ${why}, so nothing of it is removed at the destination.`, {
    about: refOf(move.kind, server.id),
    hint: `Bring it into order and \`sender rollback\` again. Or: \`sender rollback --keep ${word}\` leaves it at the destination for good, \`--give-up ${word}\` removes it there all the same.`,
  });
}

async function whyItCannotReturn(
  { server, learned }: Move,
  { source, signal }: Pick<Tools, 'source' | 'signal'>,
): Promise<string | null> {
  for (let looks = 1; ; looks += 1) {
    const state = await stateOrGone(() => source.state(server.id, signal));
    if (state === null) return 'is gone at the source';
    if (state.power === 'other' && state.busy !== null && looks < settleLooks) {
      await sleep(settleMs, undefined, { signal });
      continue;
    }
    if (state.power === 'other') return `is ${state.word} at the source${state.fault === null ? '' : ` (${state.fault})`}`;
    if (state.power === 'stopped' && learned.was === 'running') {
      if (state.locked) return 'is locked at the source and cannot be started there';
      if (state.isHostDown) return 'cannot be started at the source, for its host is down';
    }
    const { generation, built = {} } = learned;
    // Until there is a new server, the one that its owner rebuilt is the only one.
    const hasArrived = built[refOf('server', server.id)] !== undefined;
    if (hasArrived && generation !== undefined && (await source.recordedSince(server.id, generation, signal)).replaced)
      return 'was rebuilt or evacuated at the source, and has another disk there';
    return null;
  }
}

async function stateOrGone(look: () => Promise<ServerState>): Promise<ServerState | null> {
  try {
    return await look();
  } catch (error) {
    if (asProblem(error).code === 'E_NOT_FOUND') return null;
    throw error;
  }
}
