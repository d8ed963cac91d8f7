import { type Kind, type Ref, type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiThing } from '../api.ts';
import type { Attribute } from './attribute.ts';
import { idsIn } from './ids.ts';
import { tables } from './tables.ts';

/** Describes an API answer as a resource. `more`: the fields that the answer lacks. */
export function describe<K extends Kind>(kind: K, answer: ApiThing, more: Partial<ResourceOf<K>> = {}): ResourceOf<K> {
  const fields: Record<string, unknown> = {};
  for (const row of tables[kind]) if (row.field !== undefined) fields[row.field] = fieldOf(row, answer);
  const described = { kind, id: answer['id'], name: '', ...fields, ...more };
  return { ...described, needs: [...new Set([...needsOf(kind, described), ...(more.needs ?? [])])] } as unknown as ResourceOf<K>;
}

function fieldOf(row: Attribute, answer: ApiThing): unknown {
  const value = (row.api === null ? undefined : answer[row.api]) ?? row.default ?? null;
  const picked =
    row.keys === undefined || !Array.isArray(value) ? value : value.map((one: ApiThing) => pick(one, row.keys ?? []));
  return row.read === undefined ? picked : row.read(picked);
}

function pick(value: ApiThing, keys: readonly string[]): ApiThing {
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}

function needsOf(kind: Kind, fields: Readonly<Record<string, unknown>>): Ref[] {
  return tables[kind].flatMap(({ field, refers }) =>
    field === undefined || refers === undefined ? [] : idsIn(fields[field]).map((id) => refOf(refers, id)),
  );
}
