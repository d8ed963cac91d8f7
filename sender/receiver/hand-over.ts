import { setImmediate } from 'node:timers/promises';
import type { Connection, RequestOptions } from '../../protocol/connection/connection.ts';
import { limits } from '../../protocol/limits.ts';
import type { Params, Requests, Result, SaidBy } from '../../protocol/messages.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { type Configurations, type DocumentPart, groupByKind, resourcesOf } from '../../shared/model/configurations.ts';
import type { Resource } from '../../shared/model/resource.ts';

/** Parts that are under way at once. */
const width = 8;

/** The messages that carry a document. */
type Carrier = 'campaign.preflight' | 'campaign.configure';

/**
 * Asks the receiver; a long document goes before in parts, where the receiver knows them, and one
 * that prepares nothing is not asked to. Throws as a request does.
 */
export async function say<N extends Requests & SaidBy<'sender'>>(
  connection: Connection<'sender'>,
  name: N,
  params: Params<N>,
  options: RequestOptions,
): Promise<Result<N>> {
  if (name === 'resource.prepare' && !connection.has('prepare')) return {} as Result<N>;
  if (!carries(name) || !connection.has('document-parts')) return connection.request(name, params, options);
  const { campaign, configurations } = params as Params<Carrier>;
  const parts = await partsOf(configurations);
  if (parts.length < 2) return connection.request(name, params, options);
  await inParallel([...parts.entries()], width, async ([part, resources]) => {
    await connection.request('document.part', { campaign, part, resources }, options);
  });
  const head = { ...configurations, ...groupByKind([]) };
  const short: Params<Carrier> = { campaign, configurations: head, parts: parts.length };
  return connection.request(name, short as Params<N>, options);
}

function carries(name: Requests): name is Carrier {
  return name === 'campaign.preflight' || name === 'campaign.configure';
}

/** Cuts a document into parts of about `partBytes`, with pauses: its text may be tens of MiB. */
export async function partsOf(document: Configurations): Promise<DocumentPart[]> {
  const parts: DocumentPart[] = [];
  let some: Resource[] = [];
  let bytes = 0;
  for (const resource of resourcesOf(document)) {
    some.push(resource);
    bytes += JSON.stringify(resource).length;
    if (bytes < limits.partBytes) continue;
    parts.push(groupByKind(some));
    some = [];
    bytes = 0;
    await setImmediate();
  }
  if (some.length > 0) parts.push(groupByKind(some));
  return parts;
}
