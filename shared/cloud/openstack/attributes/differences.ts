import type { Resource } from '../../../model/resource.ts';
import type { BuildContext, Differences } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';
import { type Attribute, canonicalOf, isDefault, type Offer, takes } from './attribute.ts';
import { fieldOf, wantedOf } from './request.ts';
import { tables } from './tables.ts';

/** The differences of an answer's carried attributes from the source resource. */
export async function differencesOf(
  cloud: Offer,
  resource: Resource,
  answer: ApiThing,
  context: BuildContext,
): Promise<Differences> {
  const fatal: string[] = [];
  const told: string[] = [];
  for (const row of tables[resource.kind]) {
    if (row.api === null || row.fate !== 'carried') continue;
    const attribute = row.field ?? row.api;
    const left = notCompared(row, resource, answer);
    if (left !== null) {
      const isUnset = left === 'unread' && (await isUnsetThere(cloud, row, resource, context.signal));
      context.onCompared?.({ attribute, is: isUnset ? 'unset' : left, value: null });
      continue;
    }
    const { wanted, is } = valuesOf(row, resource, answer, context);
    // A value that the cloud does not accept was not sent, and preflight has reported it.
    const isSent = await takes(cloud, row, fieldOf(row, resource), context.signal);
    const list = isSent && row.accepts?.(wanted, is) !== true ? fatal : told;
    const differences = said(row, wanted, is);
    context.onCompared?.({ attribute, is: differences.length === 0 ? 'equal' : 'different', value: is });
    list.push(...differences);
  }
  return { fatal, told };
}

/** Differences with further ones, which are fatal unless they are said to be told. */
export function withMore({ fatal, told }: Differences, more: readonly string[], moreTold: readonly string[] = []): Differences {
  return { fatal: [...fatal, ...more], told: [...told, ...moreTold] };
}

/**
 * Why a carried attribute is not compared; null where it is. The credentials may not read one that
 * the answer lacks.
 */
function notCompared(row: Attribute, resource: Resource, answer: ApiThing): 'unread' | 'left' | null {
  if (answer[row.api ?? ''] === undefined) return 'unread';
  return isLeftToCloud(row, resource) ? 'left' : null;
}

/** Whether an attribute that the source has not set is one that the cloud does not know at all. */
async function isUnsetThere(cloud: Offer, row: Attribute, resource: Resource, signal: AbortSignal): Promise<boolean> {
  return row.needs !== undefined && isDefault(row, fieldOf(row, resource)) && !(await cloud.offers(row.needs, signal));
}

/** Whether the cloud chooses the value, because the source's is not known. */
export function isLeftToCloud(row: Attribute, resource: Resource): boolean {
  return row.sent === 'if known' && isDefault(row, fieldOf(row, resource));
}

function valuesOf(
  row: Attribute,
  resource: Resource,
  answer: ApiThing,
  context: BuildContext,
): { readonly wanted: unknown; readonly is: unknown } {
  return {
    wanted: canonicalOf(row, wantedOf(row, resource, context), resource as unknown as ApiThing),
    is: canonicalOf(row, answer[row.api ?? ''] ?? row.default ?? null, answer),
  };
}

function said(row: Attribute, wanted: unknown, is: unknown): string[] {
  const differences = compare({ [row.field ?? '']: [wanted, is] });
  return row.secret === true ? differences.map(() => `${row.field} is another one`) : differences;
}

/** Compares wanted with actual values, and describes each difference. */
export function compare(values: Readonly<Record<string, readonly [wanted: unknown, is: unknown]>>): string[] {
  return Object.entries(values).flatMap(([name, [wanted, is]]) => {
    const a = JSON.stringify(wanted);
    const b = JSON.stringify(is);
    return a === b ? [] : [`${name} is ${b}, not ${a}`];
  });
}
