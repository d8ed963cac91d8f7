import { z } from 'zod';
import { parse } from '../body.ts';
import { badRequest, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { checkState, serverOf, touchServer } from './instance.ts';
import type { Server } from './model.ts';

/**
 * A tag of a server (nova/api/validation/parameter_types.py): no slash, no comma, at most 60
 * characters.
 */
export const tagSchema = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^,/]*$/);

const mostTags = 50;
const wanted = z.strictObject({ tags: z.array(tagSchema).max(mostTags) });

/** Tags came with 2.26; before it the path does not exist. */
function taggedServer(call: Call): Server {
  if (call.minor < 26) throw notFound('The resource could not be found.');
  return serverOf(call);
}

function change(call: Call, make: (tags: readonly string[]) => readonly string[]): Server {
  const server = taggedServer(call);
  checkState(server, 'update tags', ['active', 'paused', 'suspended', 'stopped'], true);
  server.tags = [...new Set(make(server.tags))];
  touchServer(call.cloud, server);
  return server;
}

function addTag(call: Call): Answer {
  const tag = parse(tagSchema, call.param('tag'));
  const server = taggedServer(call);
  if (server.tags.includes(tag)) return { status: 204 };
  if (server.tags.length >= mostTags) throw badRequest(`The number of tags exceeded the per-server limit ${mostTags}`);
  change(call, (tags) => [...tags, tag]);
  return {
    status: 201,
    headers: { location: `${call.cloud.url('compute')}/v2.1/servers/${server.id}/tags/${encodeURIComponent(tag)}` },
  };
}

function mustHave(call: Call): void {
  const server = taggedServer(call);
  if (!server.tags.includes(call.param('tag'))) throw notFound(`Instance ${server.id} has no tag '${call.param('tag')}'`);
}

function removeTag(call: Call): Answer {
  mustHave(call);
  change(call, (tags) => tags.filter((tag) => tag !== call.param('tag')));
  return { status: 204 };
}

function hasTag(call: Call): Answer {
  mustHave(call);
  return { status: 204 };
}

function removeAll(call: Call): Answer {
  change(call, () => []);
  return { status: 204 };
}

/** Tags of servers. */
export const serverTagRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/servers/:id/tags', (call) => ({ status: 200, body: { tags: taggedServer(call).tags } })),
  route('compute', 'PUT', '/v2.1/servers/:id/tags', (call) => ({
    status: 200,
    body: { tags: change(call, () => parse(wanted, call.body).tags).tags },
  })),
  route('compute', 'DELETE', '/v2.1/servers/:id/tags', removeAll),
  route('compute', 'GET', '/v2.1/servers/:id/tags/:tag', hasTag),
  route('compute', 'PUT', '/v2.1/servers/:id/tags/:tag', addTag),
  route('compute', 'DELETE', '/v2.1/servers/:id/tags/:tag', removeTag),
];
