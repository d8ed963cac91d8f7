import type { Journal } from '../../shared/journal.ts';
import type { Destination } from '../../shared/journey/destination.ts';
import { summaryOfServer, writeMarker } from '../../shared/model/marker.ts';
import { attemptOf } from './attempt.ts';
import { downForMs, durationsOf } from './durations.ts';
import type { Fact } from './fact.ts';
import type { Move } from './move.ts';
import type { Ask } from './phase.ts';

/** What is needed to ask the receiver. */
export interface ReceiverTools {
  readonly campaign: string;
  readonly ask: Ask;
  readonly folder: string;
  readonly journal: Journal<Fact>;
  /** A server's move, with what it has learned so far. */
  readonly moveOf: (server: string) => Move;
}

/** The destination of a campaign, reached through its receiver. */
export function destinationAtReceiver(tools: ReceiverTools): Destination {
  const { campaign, ask } = tools;
  return {
    ensure: (ref, signal, { power, properties } = {}) => {
      const learned = {
        ...(power === undefined || power === 'other' ? {} : { power }),
        ...(properties === undefined ? {} : { properties }),
      };
      return ask('resource.ensure', { campaign, ref, ...learned }, signal);
    },
    remove: async (ref, signal) => void (await ask('resource.remove', { campaign, ref }, signal)),
    health: (server, probe, signal) =>
      ask('server.health', { campaign, server, ...(probe === undefined ? {} : { probe }) }, signal),
    completed: (server, signal) => markCompleted(tools, server, signal),
  };
}

/**
 * Has the receiver write `<server>.completed`, then writes ours: only then has the server moved.
 */
async function markCompleted(
  { campaign, ask, folder, journal, moveOf }: ReceiverTools,
  server: string,
  signal: AbortSignal,
): Promise<void> {
  const { learned, kind } = moveOf(server);
  const { facts } = attemptOf(journal.facts, server);
  const disks = Object.entries(learned.sealed ?? {}).map(([disk, sealed]) => ({
    disk,
    size: sealed.size,
    root: sealed.root,
    bytes_zero: Math.min(sealed.size, sealed.zero * sealed.block_size),
    bytes_reused: sealed.reused * sealed.block_size,
    bytes_pulled: sealed.bytes_pulled,
  }));
  const phases = Object.fromEntries(durationsOf(facts).map(({ name, ms }) => [name, ms]));
  const summary = { phases, downtime_ms: kind !== 'server' || learned.was === 'stopped' ? null : downForMs(facts), disks };
  await ask('server.completed', { campaign, server, summary }, signal);
  await writeMarker({ id: campaign, folder }, { kind: 'server', server }, summaryOfServer(disks));
}
