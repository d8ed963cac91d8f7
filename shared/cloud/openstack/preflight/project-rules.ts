import { textsLacking } from '../../../model/project.ts';
import type { Replaced } from '../../../model/replaced.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/** keystone/resource/schema.py, `project_tags`. */
const mostTags = 80;

/** What the destination's project lacks of the source's texts. */
export function lackingTexts({ project }: PreflightView, wanted: ResourceOf<'project'>): Replaced<string | null> {
  return project === null ? {} : textsLacking(wanted, project);
}

/** Whether a plan gives the project what it lacks. */
export function areTextsCarried({ mappings, admin }: PreflightView): boolean {
  return mappings.project === 'carry' && admin;
}

/** Another description and missing tags are told; only an admin sets them. */
export const otherTexts: PreflightRule = (view) =>
  view.of('project').flatMap((one) => {
    const about = refOf('project', one.id);
    const lacking = lackingTexts(view, one);
    const tags = one.tags.filter((tag) => `tag/${tag}` in lacking);
    const sentences = [
      ...('description' in lacking ? [`has another description than “${one.description}”`] : []),
      ...(tags.length > 0 ? [`lacks tags: ${tags.join(', ')}`] : []),
    ];
    if (sentences.length === 0) return [];
    const says = `The project at the destination ${sentences.join(', and ')}.`;
    if (view.mappings.project !== 'carry')
      return [warning('project.differs', about, says, 'Set them there, or let the plan do it with the credentials of an admin.')];
    if (!view.admin)
      return [
        blocking(
          'project.rights',
          about,
          `${says} Only an admin may change it.`,
          'Use an admin’s credentials, or let the plan keep the project as it is.',
        ),
      ];
    const count = (view.project?.tags.length ?? 0) + tags.length;
    if (count <= mostTags) return [];
    const full = `The project at the destination would have ${count} tags; Keystone takes ${mostTags}.`;
    return [blocking('project.tag_limit', about, full, 'Take some away there.')];
  });
