import { type ProjectTexts, textsLacking } from '../../../model/project.ts';
import type { Replaced } from '../../../model/replaced.ts';
import { compare } from '../attributes/differences.ts';
import { describeProject, readProject, tagProject } from '../project.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';

type NotedTexts = Replaced<string | null>;

/**
 * The project in which everything is built: it gets the source's description and the tags that it
 * lacks. The ledger has what was there, and a removal takes back what nobody changed since.
 */
export const project: Family<'project'> = {
  async ensure(site, wanted, { signal, replaced }) {
    const id = await site.projectId(signal);
    const there = await projectTexts(site, signal);
    const noted = (replaced as NotedTexts | undefined) ?? (there === null ? {} : textsLacking(wanted, there));
    const lacking = there === null ? [] : standing(noted, there, 'was');
    for (const [name, { is }] of lacking) await set(site, id, name, is, signal);
    if (Object.keys(noted).length === 0) return { id, how: 'adopted' };
    return { id, how: lacking.length > 0 ? 'created' : 'found' };
  },

  async find(site, _wanted, { replaced = {}, signal }) {
    return Object.keys(replaced).length > 0 ? await site.projectId(signal) : null;
  },

  async replaces(site, wanted, { signal }) {
    const there = await projectTexts(site, signal);
    return there === null ? undefined : textsLacking(wanted, there);
  },

  async differences(site, wanted, id, { signal }) {
    const there = await projectTexts(site, signal);
    if (there === null) return gone('project', id);
    const missing = Object.keys(textsLacking(wanted, there));
    const tags = wanted.tags.filter((tag) => there.tags.includes(tag));
    const description = missing.includes('description') ? there.description : wanted.description;
    return { fatal: [], told: compare({ description: [wanted.description, description], tags: [wanted.tags, tags] }) };
  },

  async remove(site, id, _campaign, { signal }, _ref, replaced = {}) {
    const there = await projectTexts(site, signal);
    const ours = there === null ? [] : standing(replaced as NotedTexts, there, 'is');
    for (const [name, { was, is }] of ours) {
      if (name === 'description') await describeProject(site.session, id, was ?? '', signal);
      else await tagProject(site.session, id, is ?? '', signal, 'DELETE');
    }
    return ours.length > 0;
  },
};

/** The texts of the destination's project; null where it does not show them. */
export async function projectTexts(site: Site, signal: AbortSignal): Promise<ProjectTexts | null> {
  const found = await readProject(site.session, await site.projectId(signal), signal);
  return found === null ? null : { description: found.description ?? '', tags: found.tags ?? [] };
}

/** Those of some values that are at the destination as they were, or as they were set. */
function standing(noted: NotedTexts, there: ProjectTexts, which: 'was' | 'is'): [string, NotedTexts[string]][] {
  return Object.entries(noted).filter(([name, values]) => {
    if (name === 'description') return there.description === values[which];
    return there.tags.includes(values.is ?? '') === (which === 'is');
  });
}

async function set(site: Site, id: string, name: string, value: string | null, signal: AbortSignal): Promise<void> {
  if (name === 'description') await describeProject(site.session, id, value ?? '', signal);
  else await tagProject(site.session, id, value ?? '', signal);
}
