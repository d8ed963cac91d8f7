import { z } from 'zod';
import type { Replaced } from './replaced.ts';
import { described } from './resource-fields.ts';

/** What people wrote of the captured project itself. */
export const CapturedProject = z.object(described);

/** The texts of a project. */
export interface ProjectTexts {
  readonly description: string;
  readonly tags: readonly string[];
}

/**
 * What a destination's project lacks of the source's texts: its description, where the source has
 * one, as `description`, and each tag as `tag/<tag>`. Tags of its own stay.
 */
export function textsLacking(wanted: ProjectTexts, there: ProjectTexts): Replaced<string | null> {
  const isOther = wanted.description !== '' && wanted.description !== there.description;
  const tags = [...new Set(wanted.tags)].filter((tag) => !there.tags.includes(tag));
  return Object.fromEntries([
    ...(isOther ? [['description', { was: there.description, is: wanted.description }] as const] : []),
    ...tags.map((tag) => [`tag/${tag}`, { was: null, is: tag }] as const),
  ]);
}
