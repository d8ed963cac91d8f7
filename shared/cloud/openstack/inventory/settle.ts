import type { Concern } from '../../../model/concern.ts';
import { wordOf } from '../../../model/kind-words.ts';
import { type Ref, type Resource, refOf, schemas } from '../../../model/resource.ts';
import { unreadable } from './readable.ts';

/** The resources of a capture that go into a document, and the concerns about the rest. */
interface Settled {
  readonly resources: readonly Resource[];
  readonly concerns: readonly Concern[];
}

/**
 * Removes resources that differ from the document or need one that is missing, and then all that
 * need those.
 */
export function settled(all: readonly Resource[]): Settled {
  const concerns = all.flatMap(odd);
  let resources = all.filter((one) => odd(one).length === 0);
  for (;;) {
    const refs = new Set(resources.map(refIn));
    const kept = resources.filter(({ needs }) => needs.every((need) => refs.has(need)));
    if (kept.length === resources.length) return { resources, concerns };
    for (const one of resources) {
      const unmet = one.needs.filter((need) => !refs.has(need));
      if (unmet.length > 0) concerns.push(leftOut(one, unmet));
    }
    resources = kept;
  }
}

function odd(resource: Resource): Concern[] {
  const parsed = schemas[resource.kind].safeParse(resource);
  if (parsed.success) return [];
  const complaints = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return [unreadable(resource.kind, resource.id, `it is not as the API reference says (${complaints.join('; ')})`)];
}

function refIn({ kind, id }: Resource): Ref {
  return refOf(kind, id);
}

function leftOut(one: Resource, unmet: readonly Ref[]): Concern {
  const { kind, id, name } = one;
  return {
    code: `${kind}.need_unseen`,
    severity: 'warning',
    about: refOf(kind, id),
    says: `The ${wordOf(kind)} ${name || id} needs ${unmet.join(', ')}, which cannot be read with these credentials; it is left out.`,
    remedy: 'Capture with credentials that may see it (an admin’s), or make it at the destination by hand.',
  };
}
