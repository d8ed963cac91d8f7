import { z } from 'zod';
import { parse } from '../body.ts';
import { asDetail, badRequest, conflict, forbidden, Refusal } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { settable } from './create.ts';
import { checkKey, imageView, ownAttributes, ownImageOf, touch, unheard } from './images.ts';
import type { Image } from './model.ts';

const mediaType = 'application/openstack-images-v2.1-json-patch';
const changes = z.array(z.object({ op: z.enum(['add', 'remove', 'replace']), path: z.string(), value: z.unknown().optional() }));
const values = z.object(settable).catchall(z.string());

/** PATCH /v2/images/{id}: a list of JSON-patch operations on whole attributes or properties. */
export function patchImage(call: Call): Answer {
  const type = String(call.headers['content-type'] ?? '').split(';')[0];
  if (type !== mediaType && type !== 'application/openstack-images-v2.0-json-patch') {
    throw new Refusal(415, `The request media type ${type} is not supported by this server.\n`, '', {
      'accept-patch': mediaType,
    });
  }
  const image = ownImageOf(call, 'modify');
  // Worked on a copy: a patch is carried out whole or not at all.
  const draft: Image = { ...image, tags: [...image.tags], properties: { ...image.properties } };
  for (const change of parse(changes, call.body)) {
    const [key = '', ...rest] = pointer(change.path);
    if (rest.length > 0) throw badRequest(`Invalid JSON pointer for this resource: '${change.path}'`);
    checkKey(key);
    if (key === 'id' || unheard.has(key)) throw forbidden(`Attribute '${key}' is read-only.`);
    if (change.op === 'remove') remove(draft, key);
    else set(call, draft, key, change.value, change.op);
  }
  Object.assign(image, draft);
  touch(call.cloud, image);
  return { status: 200, body: imageView(image) };
}

function pointer(path: string): string[] {
  if (!path.startsWith('/')) throw badRequest(`Pointer \`${path}\` does not start with "/".`);
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~').trim());
}

function remove(image: Image, key: string): void {
  if (ownAttributes.has(key)) throw forbidden(`Property ${key} may not be removed.`, asDetail);
  if (image.properties[key] === undefined) throw conflict(`Property ${key} does not exist.`, asDetail);
  delete image.properties[key];
}

function set(call: Call, image: Image, key: string, value: unknown, op: 'add' | 'replace'): void {
  const given = parse(values, { [key]: value });
  if (!ownAttributes.has(key)) {
    if (op === 'replace' && image.properties[key] === undefined) throw conflict(`Property ${key} does not exist.`, asDetail);
    image.properties[key] = String(value);
    return;
  }
  if (given.visibility === 'public' && !call.caller.admin)
    throw forbidden('You are not authorized to complete publicize_image action.');
  if ((key === 'disk_format' || key === 'container_format') && image.status !== 'queued') {
    throw forbidden(`Attribute ${key} can be only replaced for a queued image.`);
  }
  if (key === 'owner' && !call.caller.admin) throw forbidden("Attribute 'owner' is read-only.");
  if (given.name !== undefined) image.name = given.name;
  if (given.visibility !== undefined) image.visibility = given.visibility;
  if (given.protected !== undefined) image.protected = given.protected;
  if (given.os_hidden !== undefined) image.hidden = given.os_hidden;
  if (given.disk_format !== undefined) image.diskFormat = given.disk_format;
  if (given.container_format !== undefined) image.containerFormat = given.container_format;
  if (given.min_disk !== undefined) image.minDisk = given.min_disk;
  if (given.min_ram !== undefined) image.minRam = given.min_ram;
  if (given.tags !== undefined) image.tags = [...new Set(given.tags)];
  if (given.owner) image.owner = given.owner;
}
