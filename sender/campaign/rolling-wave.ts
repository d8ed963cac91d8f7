import { setTimeout as sleep } from 'node:timers/promises';
import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { recall } from '../migration/migrate.ts';
import type { Move } from '../migration/phase.ts';
import type { Campaign } from './campaign.ts';
import { type CourseTools, either } from './journey-tools.ts';

/** Between two looks at the moved servers: milliseconds. */
const lookMs = 1_000;

/** Servers that may move together, and those that must be healthy before. */
export interface Step {
  readonly wave: string;
  readonly moves: readonly Move[];
  readonly after: readonly Move[];
}

/** The steps of a campaign: a wave each, or two for a farm, of which the first has the odd server. */
export function stepsOf(campaign: Campaign): Step[] {
  return campaign.moves().flatMap(({ wave, rolling, moves }) => {
    if (!rolling) return [{ wave, moves, after: [] }];
    const [first, second] = halvesOf(moves);
    return [
      { wave, moves: first, after: [] },
      { wave, moves: second, after: first },
    ];
  });
}

/** The two halves of a farm, in its order; the first has the odd one. */
export function halvesOf<T>(farm: readonly T[]): readonly [first: readonly T[], second: readonly T[]] {
  const middle = Math.ceil(farm.length / 2);
  return [farm.slice(0, middle), farm.slice(middle)];
}

/**
 * Waits until every server of the first half runs and passes its probe, all in one look; those that were stopped at the source stay so and are not asked.
 * Returns at once when the campaign halts. Throws E_UNHEALTHY after the plan's `probe_timeout_seconds`.
 */
export async function awaitFirstHalf(campaign: Campaign, { wave, after }: Step, tools: CourseTools): Promise<void> {
  const asked = after.filter((move) => recall(move, campaign.journal).learned.was !== 'stopped');
  await campaign.journal.append({ fact: 'begun', server: null, phase: 'first half' });
  const seconds = campaign.plan.options.probe_timeout_seconds;
  for (const limit = performance.now() + seconds * 1000; ; ) {
    if (tools.halted.aborted) return;
    const sick = await firstSick(campaign, asked, tools);
    if (sick === null) break;
    if (performance.now() >= limit) {
      const says = `The second half of ${wave} is not begun: server ${sick.move.server.name} of the first is not healthy at the destination for ${seconds} s: ${sick.says}`;
      const hint = 'Mend it at the destination, then `sender resume`; or `sender rollback`.';
      throw new Problem('E_UNHEALTHY', says, { about: refOf('server', sick.move.server.id), hint });
    }
    await sleep(lookMs, undefined, { signal: either(tools) });
  }
  await campaign.journal.append({ fact: 'done', server: null, phase: 'first half' });
}

async function firstSick(
  { id }: Campaign,
  moves: readonly Move[],
  tools: CourseTools,
): Promise<{ readonly move: Move; readonly says: string } | null> {
  for (const move of moves) {
    const { server, probe } = move;
    const params = { campaign: id, server: server.id, ...(probe === undefined ? {} : { probe }) };
    const { healthy, says } = await tools.ask('server.health', params, either(tools));
    if (!healthy) return { move, says };
  }
  return null;
}
