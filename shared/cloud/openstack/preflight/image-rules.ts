import { firstFew } from '../../../first-few.ts';
import { type ImageMember, membersThere, unmappedMembers } from '../../../model/image-member.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/** Projects that one concern names. */
const listed = 10;

/** A format that Glance does not take is refused where its image is made, after all has moved. */
export const refusedFormats: PreflightRule = (view) =>
  created(view, view.of('image')).flatMap((image) => {
    const { disk, container } = view.imageFormats;
    const refused = [
      ...(isRefused(disk, image.disk_format) ? [`disk format ${image.disk_format}`] : []),
      ...(isRefused(container, image.container_format) ? [`container format ${image.container_format}`] : []),
    ];
    if (refused.length === 0) return [];
    return [
      blocking(
        'image.format',
        refOf('image', image.id),
        `The destination's image service takes none of ${refused.join(', and none of ')}: image ${image.name || image.id}.`,
        'Have the format allowed there (`disk_formats` and `container_formats` of Glance), or leave the image behind.',
      ),
    ];
  });

function isRefused(taken: readonly string[] | null, format: string | null): boolean {
  return taken !== null && format !== null && !taken.includes(format);
}

/** The images that are shared there as well: by default Glance lets no other have members. */
function sharedImages(view: PreflightView): readonly ResourceOf<'image'>[] {
  return created(view, view.of('image')).filter(({ visibility }) => visibility === 'shared');
}

function namesOf(members: readonly ImageMember[]): string {
  return firstFew(
    members.map(({ project }) => project),
    listed,
  );
}

/** What is shared with a project that the plan does not map is not shared there. */
export const unmappedImageMembers: PreflightRule = (view) =>
  sharedImages(view).flatMap((image) => {
    const left = unmappedMembers(image, view.mappings);
    if (left.length === 0) return [];
    return [
      warning(
        'image.members_unmapped',
        refOf('image', image.id),
        `The plan maps no project of the destination to some members of image ${image.name || image.id}, with which it is not shared there (${left.length}): ${namesOf(left)}.`,
        'Name the projects of the destination in `mappings.projects`, or nothing, if nobody else is to use it.',
      ),
    ];
  });

/** Only a project itself, or an admin, answers whether it takes an image that is shared with it. */
export const pendingImageMembers: PreflightRule = (view) => {
  if (view.admin) return [];
  return sharedImages(view).flatMap((image) => {
    const open = membersThere(image, view.mappings).filter(({ status }) => status !== 'pending');
    if (open.length === 0) return [];
    return [
      warning(
        'image.members_pending',
        refOf('image', image.id),
        `Some members of image ${image.name || image.id} have answered at the source, and are asked anew at the destination (${open.length}): ${namesOf(open)}.`,
        "Have them accept it there (`openstack image set --accept`), or use an admin's credentials.",
      ),
    ];
  });
};

/** An image that was public stays the project's own where nobody may publish it. */
export const unpublishedImages: PreflightRule = (view) =>
  created(view, view.of('image')).flatMap((image) => {
    const isPublished = image.visibility !== 'public' || (view.admin && view.allow.public_images);
    if (isPublished || image.disk_id === null) return [];
    const why = view.admin ? "the receiver's configuration does not allow it" : 'only an admin may publish it';
    return [
      warning(
        'image.unpublished',
        refOf('image', image.id),
        `Image ${image.name || image.id} is public at the source and becomes private, because ${why}.`,
        'Have it published afterwards by who runs the destination, or allowed (`allow.public_images` of the receiver).',
      ),
    ];
  });
