import { type Kind, kinds } from '../../../model/resource.ts';
import { type Attribute, isDefault } from '../attributes/attribute.ts';
import { fieldOf } from '../attributes/request.ts';
import { tables } from '../attributes/tables.ts';
import { decide } from './decisions.ts';
import { blocking, type Rule, warning } from './rules.ts';

/** An attribute that needs what the destination lacks cannot be carried there: said once for all that have a value for it. */
export const unsupportedAttributes: Rule = (view) =>
  kinds.flatMap((kind) =>
    tables[kind]
      .filter((row) => row.needs !== undefined && view.lacks.has(row.needs))
      .flatMap((row) => unsupported(view, kind, row)),
  );

const unsupported = (view: Parameters<Rule>[0], kind: Kind, row: Attribute) => {
  const concerned = view.of(kind).filter((resource) => {
    const value = fieldOf(row, resource);
    return !isDefault(row, value) && row.harmless?.(value) !== true;
  });
  const [first, ...others] = decide(view, concerned).filter(({ action }) => action === 'create');
  if (first === undefined) return [];
  const count = others.length === 0 ? `A ${kind.replaceAll('_', ' ')} has` : `${others.length + 1} of kind ${kind} have`;
  const says = `${count} ${row.field}, which the destination cannot have without ${row.needs}.`;
  return [
    row.vital === true
      ? blocking(
          `${kind}.unsupported_attribute`,
          first.ref,
          says,
          'Enable it at the destination, or take the value away at the source.',
        )
      : warning(`${kind}.unsupported_attribute`, first.ref, says, 'Enable it at the destination, or do without it.'),
  ];
};
