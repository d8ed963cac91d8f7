import { z } from 'zod';
import type { Mappings } from './mappings.ts';
import { sharedWith } from './rbac.ts';

/**
 * A project with which an image is shared, by its id, and what it answered: `pending`, `accepted`
 * or `rejected`.
 */
export const ImageMember = z.object({ project: z.string().min(1), status: z.string().default('pending') });
export type ImageMember = z.infer<typeof ImageMember>;

/** An image with its members, as a document has it. */
interface Shared {
  readonly members: readonly ImageMember[];
}

/** The members that an image has at the destination, by the plan, each project once. */
export function membersThere({ members }: Shared, mappings: Mappings): ImageMember[] {
  const there = new Map<string, ImageMember>();
  for (const { project, status } of members) {
    const to = projectThere(project, mappings);
    if (to !== null && there.get(to)?.status !== 'accepted') there.set(to, { project: to, status });
  }
  return [...there.values()];
}

/** The members for which the plan names no project of the destination. */
export function unmappedMembers({ members }: Shared, mappings: Mappings): ImageMember[] {
  return members.filter(({ project }) => projectThere(project, mappings) === null);
}

/** An image is shared with one project, and never with every one. */
function projectThere(project: string, mappings: Mappings): string | null {
  const to = sharedWith({ target_project: project }, mappings);
  return to === '*' ? null : to;
}
