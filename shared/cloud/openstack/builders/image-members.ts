import { type ImageMember, membersThere, unmappedMembers } from '../../../model/image-member.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiImage } from '../api.ts';
import { compare } from '../attributes/differences.ts';
import { readMembers } from '../images/members.ts';
import { isAdmin } from '../session/token.ts';
import type { Site } from './site.ts';

/** An image of the destination that may have members. */
type MemberedImage = Pick<ApiImage, 'id' | 'visibility'>;

/**
 * Shares an image with the projects that the plan maps. Image API v2, "Create image member": 409
 * for one that is a member already, 413 beyond `image_member_quota`. By default only the member
 * itself or an admin may answer for it ("Update image member"; image_members.py, `update`), and
 * what it answered here itself is left alone.
 */
export async function shareImage(
  site: Site,
  resource: ResourceOf<'image'>,
  image: MemberedImage,
  { mappings, signal }: BuildContext,
): Promise<void> {
  const wanted = membersThere(resource, mappings);
  if (wanted.length === 0) return;
  const { session } = site;
  const there = (await readMembers(session, image, signal)) ?? [];
  const mayAnswer = isAdmin(await session.token(signal));
  for (const { project, status } of wanted) {
    const path = `/images/${image.id}/members`;
    const known = there.find((member) => member.project === project);
    if (known === undefined) {
      const body = { member: project };
      await session.call({ method: 'POST', service: 'image', path, body, tolerate: [403, 409, 413], signal });
    }
    if (!mayAnswer || status === 'pending' || (known?.status ?? 'pending') !== 'pending') continue;
    const answered = `${path}/${encodeURIComponent(project)}`;
    const body = { status };
    await session.call({ method: 'PUT', service: 'image', path: answered, body, tolerate: [403, 404], signal });
  }
}

/** How the members of an image differ from those of the source; no guest depends on them. */
export async function memberDifferences(
  site: Site,
  resource: ResourceOf<'image'>,
  image: MemberedImage,
  { mappings, signal, onCompared }: BuildContext,
): Promise<string[]> {
  const attribute = 'members';
  const members = await readMembers(site.session, image, signal);
  if (members === null) {
    onCompared?.({ attribute, is: 'unread', value: null });
    return [];
  }
  const wanted = [...membersThere(resource, mappings), ...unmappedMembers(resource, mappings)].map(textOf).sort();
  const is = members.map(textOf).sort();
  const differences = compare({ [attribute]: [wanted, is] });
  onCompared?.({ attribute, is: differences.length === 0 ? 'equal' : 'different', value: is });
  return differences;
}

function textOf({ project, status }: ImageMember): string {
  return `${project} (${status})`;
}
