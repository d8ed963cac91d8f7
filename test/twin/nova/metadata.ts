import { z } from 'zod';
import { parse } from '../body.ts';
import { quotaOf } from '../cloud.ts';
import { badRequest, forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { checkState, checkUnlocked, serverOf, touchServer } from './instance.ts';
import type { Server } from './model.ts';

/** Metadata as Nova's schema has it: short keys of plain characters, short values. */
export const metadataSchema = z.record(z.string().regex(/^[a-zA-Z0-9\-_:. ]{1,255}$/), z.string().max(255));

const wanted = z.strictObject({ metadata: metadataSchema });
const wantedItem = z.strictObject({ meta: metadataSchema });

function change(call: Call, make: (have: Readonly<Record<string, string>>) => Record<string, string>): Server {
  const server = serverOf(call);
  checkUnlocked(call, server);
  checkState(server, 'update metadata', ['active', 'paused', 'suspended', 'stopped'], true);
  const next = make(server.metadata);
  const limit = quotaOf(call.cloud, 'compute', server.projectId, 'metadata_items');
  if (limit >= 0 && Object.keys(next).length > limit) throw forbidden(`Maximum number of metadata items exceeds ${limit}`);
  server.metadata = next;
  touchServer(call.cloud, server);
  return server;
}

function setItem(call: Call): Answer {
  const { meta } = parse(wantedItem, call.body);
  const key = call.param('key');
  if (Object.keys(meta).length !== 1 || meta[key] === undefined) throw badRequest('Request body and URI mismatch');
  change(call, (have) => ({ ...have, ...meta }));
  return { status: 200, body: { meta } };
}

function item(call: Call): Answer {
  const value = serverOf(call).metadata[call.param('key')];
  if (value === undefined) throw notFound('Metadata item was not found');
  return { status: 200, body: { meta: { [call.param('key')]: value } } };
}

function removeItem(call: Call): Answer {
  const key = call.param('key');
  if (serverOf(call).metadata[key] === undefined) throw notFound('Metadata item was not found');
  change(call, (have) => Object.fromEntries(Object.entries(have).filter(([name]) => name !== key)));
  return { status: 204 };
}

const answer = (server: Server): Answer => ({ status: 200, body: { metadata: server.metadata } });

/** Metadata of servers. */
export const metadataRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/servers/:id/metadata', (call) => answer(serverOf(call))),
  route('compute', 'POST', '/v2.1/servers/:id/metadata', (call) =>
    answer(change(call, (have) => ({ ...have, ...parse(wanted, call.body).metadata }))),
  ),
  route('compute', 'PUT', '/v2.1/servers/:id/metadata', (call) => answer(change(call, () => parse(wanted, call.body).metadata))),
  route('compute', 'GET', '/v2.1/servers/:id/metadata/:key', item),
  route('compute', 'PUT', '/v2.1/servers/:id/metadata/:key', setItem),
  route('compute', 'DELETE', '/v2.1/servers/:id/metadata/:key', removeItem),
];
