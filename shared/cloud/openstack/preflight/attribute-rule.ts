import type { Concern } from '../../../model/concern.ts';
import { countOf, wordOf } from '../../../model/kind-words.ts';
import { type Kind, kinds, type Resource, refOf } from '../../../model/resource.ts';
import { type Attribute, isDefault, needOf } from '../attributes/attribute.ts';
import { fieldOf } from '../attributes/request.ts';
import { tables } from '../attributes/tables.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/**
 * Reports each attribute that the destination does not support, once for all resources that have
 * it.
 */
export const unsupportedAttributes: PreflightRule = (view) =>
  kinds.flatMap((kind) =>
    tables[kind]
      .filter((row) => row.needs !== undefined)
      .flatMap((row) =>
        [...lackedNeeds(view, kind, row)].flatMap(([need, concerned]) => unsupported(kind, row, need, concerned)),
      ),
  );

/**
 * The requirements of a row that the destination lacks (null: no cloud takes the value), with the
 * resources concerned.
 */
function lackedNeeds(view: PreflightView, kind: Kind, row: Attribute): Map<string | null, Resource[]> {
  const lacked = new Map<string | null, Resource[]>();
  for (const resource of view.of(kind)) {
    const value = fieldOf(row, resource);
    const need = needOf(row, value);
    if (isDefault(row, value) || row.harmless?.(value) === true || need === undefined) continue;
    if (need === null || view.lacks.has(need)) lacked.set(need, [...(lacked.get(need) ?? []), resource]);
  }
  return new Map([...lacked].map(([need, all]) => [need, created(view, all)]));
}

function unsupported(kind: Kind, row: Attribute, need: string | null, concerned: readonly Resource[]): Concern[] {
  const [first, ...others] = concerned;
  if (first === undefined) return [];
  const count = others.length === 0 ? `A ${wordOf(kind)} has` : `${countOf(kind, others.length + 1)} have`;
  const why = need === null ? 'a value that Nova and Neutron refuse' : `which the destination cannot have without ${need}`;
  const about = refOf(kind, first.id);
  const says = `${count} ${row.field}, ${why}.`;
  return [
    row.vital === true
      ? blocking(
          `${kind}.unsupported_attribute`,
          about,
          says,
          'Enable it at the destination, or take the value away at the source.',
        )
      : warning(`${kind}.unsupported_attribute`, about, says, 'Enable it at the destination, or do without it.'),
  ];
}
