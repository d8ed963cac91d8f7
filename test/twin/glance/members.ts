import { z } from 'zod';
import { parse } from '../body.ts';
import { conflict, forbidden, notFound, Refusal } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { imageOf, touch } from './images.ts';
import type { Image } from './model.ts';

/** Members that an image may have: glance-api.conf, `image_member_quota`. */
const mostMembers = 128;

/**
 * The image of a path, which must be shared: glance/api/v2/image_members.py,
 * `_check_visibility_and_ownership`.
 */
function sharedImageOf(call: Call, verb: string): Image {
  const image = imageOf(call);
  if (image.visibility !== 'shared') throw notAllowed(verb, image, ': Only shared images have members.');
  return image;
}

function notAllowed(verb: string, { id }: Image, why = '.'): Refusal {
  return forbidden(`Not allowed to ${verb} members for image ${id}${verb === 'list' ? why : '.'}`);
}

function isOwner({ caller }: Call, image: Image): boolean {
  return image.owner === caller.projectId;
}

/** Who neither owns the image nor is an admin sees only its own membership. */
function list(call: Call): Answer {
  const image = sharedImageOf(call, 'list');
  const sees = (member: string): boolean => call.caller.admin || isOwner(call, image) || member === call.caller.projectId;
  const seen = Object.entries(image.members).filter(([member]) => sees(member));
  const members = seen.map(([member, status]) => view(image, member, status));
  return { status: 200, body: { members, schema: '/v2/schemas/members' } };
}

function view(image: Image, member: string, status: string): Record<string, unknown> {
  return {
    image_id: image.id,
    member_id: member,
    status,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
    schema: '/v2/schemas/member',
  };
}

function add(call: Call): Answer {
  const image = sharedImageOf(call, 'create');
  const { member } = parse(z.object({ member: z.string().min(1) }), call.body);
  if (!call.caller.admin && !isOwner(call, image)) throw notAllowed('create', image);
  const count = Object.keys(image.members).length;
  if (count >= mostMembers)
    throw new Refusal(
      413,
      `Image member limit exceeded for image ${image.id}: The limit has been exceeded on the number of allowed image members for this image. Attempted: ${count + 1}, Maximum: ${mostMembers}:`,
    );
  if (image.members[member] !== undefined) throw conflict(`Member ${member} is duplicated for image ${image.id}`);
  image.members[member] = 'pending';
  touch(call.cloud, image);
  return { status: 200, body: view(image, member, 'pending') };
}

/** The owner may not answer for a member, unless it is an admin. */
function answer(call: Call): Answer {
  const image = sharedImageOf(call, 'update');
  const { status } = parse(z.object({ status: z.enum(['pending', 'accepted', 'rejected']) }), call.body);
  if (!call.caller.admin && isOwner(call, image)) throw notAllowed('update', image);
  const member = memberOf(call, image);
  image.members[member] = status;
  touch(call.cloud, image);
  return { status: 200, body: view(image, member, status) };
}

function remove(call: Call): Answer {
  const image = sharedImageOf(call, 'delete');
  if (!call.caller.admin && !isOwner(call, image)) throw notAllowed('delete', image);
  delete image.members[memberOf(call, image)];
  touch(call.cloud, image);
  return { status: 204 };
}

function memberOf(call: Call, image: Image): string {
  const member = call.param('member');
  const isSeen = call.caller.admin || isOwner(call, image) || member === call.caller.projectId;
  if (image.members[member] === undefined || !isSeen)
    throw notFound(`${member} not found in the member list of the image ${image.id}.`);
  return member;
}

/** The routes of the members of an image. */
export const memberRoutes: readonly Route[] = [
  route('image', 'GET', '/v2/images/:id/members', list),
  route('image', 'POST', '/v2/images/:id/members', add),
  route('image', 'PUT', '/v2/images/:id/members/:member', answer),
  route('image', 'DELETE', '/v2/images/:id/members/:member', remove),
];
