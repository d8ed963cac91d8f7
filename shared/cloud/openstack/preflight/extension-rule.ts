import { wordOf } from '../../../model/kind-words.ts';
import { refOf } from '../../../model/resource.ts';
import { extensionsOf, neededExtensions } from '../attributes/extensions.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule } from './rules.ts';
import type { PreflightView } from './view.ts';

/** A resource whose extension the destination lacks fails in the middle of the network side. */
export const absentExtensions: PreflightRule = (view) =>
  neededExtensions
    .filter((alias) => view.lacks.has(alias))
    .flatMap((alias) => {
      const kinds = (Object.keys(extensionsOf) as (keyof typeof extensionsOf)[]).filter((kind) => isCreated(view, kind, alias));
      const [first] = kinds.flatMap((kind) => created(view, view.of(kind)));
      if (first === undefined) return [];
      const of = kinds.map(wordOf).join(', ');
      return [
        blocking(
          'extension.absent',
          refOf(first.kind, first.id),
          `The destination's Neutron lacks the extension ${alias}, without which these cannot be built: ${of}.`,
          'Enable it at the destination, map to what is there, or skip what needs it.',
        ),
      ];
    });

function isCreated(view: PreflightView, kind: keyof typeof extensionsOf, alias: string): boolean {
  return (extensionsOf[kind] as readonly string[]).includes(alias) && created(view, view.of(kind)).length > 0;
}
