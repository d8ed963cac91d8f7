import { z } from 'zod';
import { parse } from '../body.ts';
import { badRequest, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { allow, self } from './answers.ts';
import { project } from './projects.ts';

/** keystone/resource/schema.py, `_project_tag_name` and `project_tags`. */
const tagSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^,/]*$/);
const mostTags = 80;

function keep(call: Call, tags: readonly string[]): void {
  if (tags.length > mostTags) throw badRequest(`Invalid input for field 'tags': ${tags.length} items are too many.`);
  for (const tag of tags)
    if (!tagSchema.safeParse(tag).success) throw badRequest(`Invalid input for field 'tags': '${tag}' does not match.`);
  project(call).tags = [...new Set(tags)];
  call.cloud.changed();
}

function view(call: Call): Answer {
  const { id, tags = [] } = project(call);
  return { status: 200, body: { tags, links: self(call.cloud, `projects/${id}/tags`) } };
}

function replaceAll(call: Call): Answer {
  allow(call.caller, 'identity:update_project_tags');
  keep(call, parse(z.object({ tags: z.array(z.string()) }), call.body).tags);
  return view(call);
}

/** keystone/api/projects.py, ProjectTagResource. A tag that is there already is no conflict. */
function add(call: Call): Answer {
  allow(call.caller, 'identity:create_project_tag');
  keep(call, [...(project(call).tags ?? []), call.param('tag')]);
  return { status: 201 };
}

function remove(call: Call): Answer {
  allow(call.caller, 'identity:delete_project_tag');
  const { tags = [] } = project(call);
  if (!tags.includes(call.param('tag'))) throw notFound(`Could not find project tag: ${call.param('tag')}.`);
  keep(
    call,
    tags.filter((tag) => tag !== call.param('tag')),
  );
  return { status: 204 };
}

/** The tags of projects. */
export const projectTagRoutes: readonly Route[] = [
  route('identity', 'GET', '/v3/projects/:id/tags', view),
  route('identity', 'PUT', '/v3/projects/:id/tags', replaceAll),
  route('identity', 'PUT', '/v3/projects/:id/tags/:tag', add),
  route('identity', 'DELETE', '/v3/projects/:id/tags/:tag', remove),
];
