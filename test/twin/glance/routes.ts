import { rm } from 'node:fs/promises';
import { imagePath } from '../cloud.ts';
import { conflict, forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { containerFormats, createImage, diskFormats, usage } from './create.ts';
import { download, upload } from './data.ts';
import { imageOf, imageView, ownImageOf, touch } from './images.ts';
import { listImages } from './list.ts';
import { memberRoutes } from './members.ts';
import { patchImage } from './patch.ts';

async function deleteImage(call: Call): Promise<Answer> {
  const id = call.param('id');
  if (!call.cloud.state.images.has(id)) throw notFound(`Failed to find image ${id} to delete`);
  const image = ownImageOf(call, 'delete');
  if (image.protected) throw forbidden(`Image ${image.id} is protected and cannot be deleted.`);
  // glance/api/v2/images.py, `delete`: InUseByStore, which the store of Ceph raises.
  if ([...call.cloud.state.volumes.values()].some(({ cloneOfImage }) => cloneOfImage === image.id))
    throw conflict(
      `Image ${image.id} could not be deleted because it is in use: The image cannot be deleted because it is in use through the backend store outside of Glance.`,
    );
  call.cloud.state.images.delete(image.id);
  call.cloud.changed();
  await rm(imagePath(call.cloud, image.id), { force: true });
  return { status: 204 };
}

function addTag(call: Call): Answer {
  const image = ownImageOf(call, 'modify');
  if (!image.tags.includes(call.param('tag'))) image.tags.push(call.param('tag'));
  touch(call.cloud, image);
  return { status: 204 };
}

function removeTag(call: Call): Answer {
  const image = ownImageOf(call, 'modify');
  if (!image.tags.includes(call.param('tag'))) throw notFound('The resource could not be found.');
  image.tags = image.tags.filter((tag) => tag !== call.param('tag'));
  touch(call.cloud, image);
  return { status: 204 };
}

function setActive(call: Call, from: 'active' | 'deactivated', to: 'active' | 'deactivated'): Answer {
  const image = ownImageOf(call, 'modify');
  if (image.status === from) image.status = to;
  else if (image.status !== to)
    throw forbidden(`Not allowed to ${to === 'active' ? 'reactivate' : 'deactivate'} image in status '${image.status}'`);
  touch(call.cloud, image);
  return { status: 204 };
}

function versions(call: Call): Answer {
  const links = [{ rel: 'self', href: `${call.cloud.url('image')}/v2/` }];
  const minors = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
  const values = minors.map((minor, index) => ({ id: `v2.${minor}`, status: index === 0 ? 'CURRENT' : 'SUPPORTED', links }));
  return { status: call.path === '/' ? 300 : 200, body: { versions: values } };
}

/** The part of the schema that clients look at: which keys are Glance's own. */
function imageSchema(): Answer {
  const text = { type: ['null', 'string'] };
  const names = ['id', 'name', 'status', 'visibility', 'checksum', 'owner', 'created_at', 'updated_at', 'self', 'file', 'schema'];
  const properties = Object.fromEntries(names.map((name) => [name, text]));
  const more = {
    disk_format: { type: ['null', 'string'], enum: [null, ...diskFormats] },
    container_format: { type: ['null', 'string'], enum: [null, ...containerFormats] },
    tags: { type: 'array' },
    size: { type: ['null', 'integer'] },
  };
  return {
    status: 200,
    body: { name: 'image', properties: { ...properties, ...more }, additionalProperties: { type: 'string' } },
  };
}

/** The routes of Glance. */
export const imageRoutes: readonly Route[] = [
  route('image', 'GET', '/', versions, { open: true }),
  route('image', 'GET', '/versions', versions, { open: true }),
  route('image', 'GET', '/v2/schemas/image', imageSchema),
  route('image', 'GET', '/v2/info/usage', usage),
  route('image', 'GET', '/v2/images', listImages),
  route('image', 'POST', '/v2/images', createImage),
  route('image', 'GET', '/v2/images/:id', (call) => ({ status: 200, body: imageView(imageOf(call)) })),
  route('image', 'PATCH', '/v2/images/:id', patchImage),
  route('image', 'DELETE', '/v2/images/:id', deleteImage),
  route('image', 'PUT', '/v2/images/:id/file', upload, { streams: true }),
  route('image', 'GET', '/v2/images/:id/file', download),
  route('image', 'PUT', '/v2/images/:id/tags/:tag', addTag),
  route('image', 'DELETE', '/v2/images/:id/tags/:tag', removeTag),
  ...memberRoutes,
  route('image', 'POST', '/v2/images/:id/actions/deactivate', (call) => setActive(call, 'active', 'deactivated')),
  route('image', 'POST', '/v2/images/:id/actions/reactivate', (call) => setActive(call, 'deactivated', 'active')),
];
