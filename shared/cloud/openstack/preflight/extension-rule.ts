import { wordOf } from '../../../model/kind-words.ts';
import type { Kind } from '../../../model/resource.ts';
import { extensionsOf, neededExtensions } from '../attributes/extensions.ts';
import { decide } from './decisions.ts';
import { blocking, type PreflightRule } from './rules.ts';
import type { PreflightView } from './view.ts';

/** A resource whose extension the destination lacks fails in the middle of the network side. */
export const absentExtensions: PreflightRule = (view) =>
  neededExtensions
    .filter((alias) => view.lacks.has(alias))
    .flatMap((alias) => {
      const kinds = (Object.keys(extensionsOf) as (keyof typeof extensionsOf)[]).filter((kind) => isCreated(view, kind, alias));
      const [first] = kinds.flatMap((kind) => created(view, kind));
      if (first === undefined) return [];
      const of = kinds.map(wordOf).join(', ');
      return [
        blocking(
          'extension.absent',
          first,
          `The destination's Neutron lacks the extension ${alias}, without which these cannot be built: ${of}.`,
          'Enable it at the destination, map to what is there, or skip what needs it.',
        ),
      ];
    });

function isCreated(view: PreflightView, kind: keyof typeof extensionsOf, alias: string): boolean {
  return (extensionsOf[kind] as readonly string[]).includes(alias) && created(view, kind).length > 0;
}

function created(view: PreflightView, kind: Kind): ReturnType<typeof decide>[number]['ref'][] {
  return decide(view, view.of(kind)).flatMap(({ ref, action }) => (action === 'create' ? ref : []));
}
