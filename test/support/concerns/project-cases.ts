import { aResource } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

const shop = aResource('project', { description: 'The shop', tags: ['web', 'paid'] });

/** The cases of the project’s own description and tags. */
export function projectCases(look: Look): Cases {
  const there = (what: string, tags: string[], admin: boolean, carried: boolean): Situation =>
    look(what, () => ({
      resources: [shop],
      destination: { admin, project: { description: 'The shop', tags } },
      mappings: carried ? { project: 'carry' } : {},
    }));
  return {
    'project.differs': between(
      there('a tag that is missing', ['web'], false, false),
      there('further tags', ['more', 'web', 'paid'], false, false),
    ),
    'project.rights': between(
      there('a member who carries them', ['web'], false, true),
      there('an admin who does', ['web'], true, true),
    ),
  };
}
