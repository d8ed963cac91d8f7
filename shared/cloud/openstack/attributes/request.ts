import type { Resource } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiThing } from '../api.ts';
import { type Attribute, isDefault, type Offer, takes } from './attribute.ts';
import { translated } from './ids.ts';
import { tables } from './tables.ts';

/** The attributes of the creation request, without those that share a field with our stamp. */
export async function requestFor(cloud: Offer, resource: Resource, context: BuildContext): Promise<Record<string, unknown>> {
  const request: Record<string, unknown> = {};
  for (const row of tables[resource.kind]) {
    if (row.api === null || row.sent === undefined || row.sent === 'with the stamp') continue;
    if (row.sent !== 'always' && isDefault(row, fieldOf(row, resource))) continue;
    if (!(await takes(cloud, row, fieldOf(row, resource), context.signal))) continue;
    const value = wantedOf(row, resource, context);
    request[row.sentAs ?? row.api] = row.write === undefined ? value : row.write(value, resource as unknown as ApiThing, context);
  }
  return request;
}

/** The value that a row has in a resource of the document. */
export function fieldOf(row: Attribute, resource: Resource): unknown {
  return row.field === undefined ? undefined : (resource as unknown as ApiThing)[row.field];
}

/** The wanted value of a row at the destination. */
export function wantedOf(row: Attribute, resource: Resource, context: BuildContext): unknown {
  const value = fieldOf(row, resource);
  return row.refers === undefined ? value : translated(value, row.refers, context);
}
