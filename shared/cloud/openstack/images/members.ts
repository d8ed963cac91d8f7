import { inParallel } from '../../../concurrency/parallel.ts';
import type { ImageMember } from '../../../model/image-member.ts';
import type { ApiImage } from '../api.ts';
import type { CloudSession } from '../session/session.ts';

/** Images that are asked for at once. */
const width = 4;

/** The members of images by their ids; null where the cloud does not tell these credentials. */
export type MembersOf = ReadonlyMap<string, readonly ImageMember[] | null>;

interface ApiMember {
  readonly member_id: string;
  readonly status: string;
}

/**
 * Reads the members of an image in the order of their ids; null where the cloud does not tell.
 * Image API v2, "List image members"; Glance refuses it for an image that is not `shared`
 * (glance/api/v2/image_members.py, `_check_visibility_and_ownership`), which has none.
 */
export async function readMembers(
  session: CloudSession,
  { id, visibility }: Pick<ApiImage, 'id' | 'visibility'>,
  signal: AbortSignal,
): Promise<readonly ImageMember[] | null> {
  if (visibility !== 'shared') return [];
  const path = `/images/${encodeURIComponent(id)}/members`;
  const { status, body } = await session.call({ method: 'GET', service: 'image', path, tolerate: [403, 404], signal });
  if (status !== 200) return null;
  const { members = [] } = (body ?? {}) as { readonly members?: readonly ApiMember[] };
  const all = members.map(({ member_id: project, status: answer }) => ({ project, status: answer }));
  return all.sort((a, b) => (a.project < b.project ? -1 : 1));
}

/** Reads the members of some images, a few images at once. */
export async function readAllMembers(
  session: CloudSession,
  images: readonly ApiImage[],
  signal: AbortSignal,
): Promise<MembersOf> {
  const found = new Map<string, readonly ImageMember[] | null>();
  await inParallel(images, width, async (image) => {
    found.set(image.id, await readMembers(session, image, signal));
  });
  return found;
}
