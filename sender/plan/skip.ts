import type { Concern } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { withoutRefs } from '../model/skip.ts';

/** A document without what a plan skips, and what is gone from it. */
interface Remaining extends ReturnType<typeof withoutRefs> {
  readonly concerns: readonly Concern[];
}

/**
 * Leaves out what a plan skips. Throws E_PLAN where a server would go with it, or where the
 * document has no such resource.
 */
export function withoutSkipped(whole: Configurations, skip: readonly Ref[], about: string): Remaining {
  const refs = new Set(resourcesOf(whole).map(({ kind, id }) => refOf(kind, id)));
  const unknown = skip.find((ref) => !refs.has(ref));
  if (unknown !== undefined) throw new Problem('E_PLAN', `${about} skips ${unknown}, which is not among what moves.`, { about });
  const { document, gone } = withoutRefs(whole, skip);
  const servers = whole.servers.filter(({ id }) => gone.has(refOf('server', id)));
  if (servers.length > 0)
    throw new Problem('E_PLAN', `What ${about} skips takes servers with it: ${servers.map(({ name }) => name).join(', ')}.`, {
      about,
      hint: 'Take these servers out of `waves` too, or skip less.',
    });
  return { document, gone, concerns: gone.size === 0 ? [] : [told(skip, gone)] };
}

function told(skip: readonly Ref[], gone: ReadonlySet<Ref>): Concern {
  const more = [...gone].filter((ref) => !skip.includes(ref));
  const beside = more.length === 0 ? '' : `, and with it: ${more.join(', ')}`;
  return {
    code: 'plan.skipped',
    severity: 'warning',
    says: `Skipped, as the plan says: ${skip.join(', ')}${beside}.`,
    remedy: 'Make it at the destination by hand, if it is needed.',
  };
}

/** The concerns that are not about what is gone. */
export function aboutTheRest(concerns: readonly Concern[], gone: ReadonlySet<Ref>): Concern[] {
  return concerns.filter(({ about }) => about === undefined || !gone.has(about));
}
