import type { Contents } from '../../../shared/cloud/openstack/inventory/contents.ts';
import { untoldMembers } from '../../../shared/cloud/openstack/inventory/own-images.ts';
import type { ResourceOf } from '../../../shared/model/resource.ts';
import { aResource } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

/** An image of the project that moves, with its bytes. */
function anImage(fields: Partial<ResourceOf<'image'>>) {
  const disk = aResource('disk', { id: 'i1.image', server_id: 'i1', image_id: 'i1' });
  const image = aResource('image', { id: 'i1', name: 'golden', disk_id: 'i1.image', needs: ['disk/i1.image'], ...fields });
  return [disk, image];
}

const shared = { visibility: 'shared', members: [{ project: 'theirs', status: 'accepted' }] };
const projects = { theirs: { to: 'theirs-there' } };

/** The cases of the images that move: as they are read, and as a destination takes them. */
export function imageCases(read: () => Contents, look: Look): Cases {
  const told = (what: string, members: readonly [] | null): Situation => [
    what,
    () => {
      const ownImages = read().images;
      return untoldMembers({ ownImages, imageMembers: new Map(ownImages.map(({ id }) => [id, members])) });
    },
  ];
  const sharing = (what: string, admin: boolean, mappings: object, visibility = 'shared'): Situation =>
    look(what, () => ({ resources: anImage({ ...shared, visibility }), destination: { admin }, mappings }));
  const format = (what: string, disk: readonly string[] | null): Situation =>
    look(what, () => ({
      resources: anImage({ disk_format: 'ploop' }),
      destination: { imageFormats: { disk, container: null } },
    }));
  return {
    'image.members_untold': between(told('members that may not be read', null), told('members that are told', [])),
    'image.format': between(
      format('an image of a format that is not taken', ['raw', 'qcow2']),
      format('formats that are not told', null),
    ),
    'image.members_unmapped': between(
      sharing('a member that the plan does not map', true, {}),
      sharing('one that it maps', true, { projects }),
    ),
    'image.unpublished': between(
      sharing('a public image, and no admin', false, {}, 'public'),
      sharing('an admin who publishes it', true, {}, 'public'),
    ),
    'image.members_pending': between(
      sharing('a member that accepted it, and no admin', false, { projects }),
      sharing('an admin who accepts it in its place', true, { projects }),
    ),
  };
}
