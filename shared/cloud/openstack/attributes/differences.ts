import type { Resource } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';
import { type Attribute, canonicalOf, isDefault, type Offer, takes } from './attribute.ts';
import { fieldOf, wantedOf } from './request.ts';
import { tables } from './tables.ts';

/**
 * The differences of an answer's carried attributes from the source resource that are errors, in
 * sentences.
 */
export async function differencesOf(
  cloud: Offer,
  resource: Resource,
  answer: ApiThing,
  context: BuildContext,
): Promise<string[]> {
  return await compared(cloud, resource, answer, context, false);
}

/** The differences that are acceptable, in sentences: they are reported. */
export async function acceptedDifferencesOf(
  cloud: Offer,
  resource: Resource,
  answer: ApiThing,
  context: BuildContext,
): Promise<string[]> {
  return await compared(cloud, resource, answer, context, true);
}

/** The sentences on the differences that are acceptable, or on those that are not. */
async function compared(
  cloud: Offer,
  resource: Resource,
  answer: ApiThing,
  context: BuildContext,
  acceptable: boolean,
): Promise<string[]> {
  const rows = await comparedRows(cloud, resource, answer, context);
  return rows.flatMap((row) => {
    const { wanted, is } = valuesOf(row, resource, answer, context);
    const isAccepted = row.accepts?.(wanted, is) === true;
    return isAccepted === acceptable ? said(row, wanted, is) : [];
  });
}

async function comparedRows(cloud: Offer, resource: Resource, answer: ApiThing, context: BuildContext): Promise<Attribute[]> {
  const rows: Attribute[] = [];
  for (const row of tables[resource.kind]) {
    if (row.api === null || row.fate !== 'carried' || (row.sent === 'if known' && isDefault(row, fieldOf(row, resource))))
      continue;
    // Preflight has already reported what the credentials cannot read and what the cloud does not
    // accept.
    if (answer[row.api] === undefined || !(await takes(cloud, row, fieldOf(row, resource), context.signal))) continue;
    rows.push(row);
  }
  return rows;
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
