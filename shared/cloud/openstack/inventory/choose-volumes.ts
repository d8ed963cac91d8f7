import { Problem } from '../../../problem.ts';
import { type Selection, takesWhole } from '../../source-cloud.ts';
import type { Contents } from './contents.ts';
import { whyImageLeft } from './own-images.ts';
import { volumesAlone, whyLeft } from './volumes.ts';

/** Whether a selection means servers: not one that names volumes or images alone. */
export function meansServers(selection: Selection): boolean {
  const { volumes = [], images = [], ...ofServers } = selection;
  return volumes.length + images.length === 0 || !takesWhole(ofServers);
}

/** The ids of the images of the project that are named, by id or name. Throws as for volumes. */
export function chooseImages({ ownImages }: Contents, named: readonly string[] = []): string[] {
  return named.map((word) => {
    const matches = ownImages.filter(({ id, name }) => id === word || name === word);
    return only('image', word, matches, whyImageLeft);
  });
}

/**
 * The ids of the volumes that are named, by id or name. Throws E_NOT_FOUND where no volume without
 * a server is called so, or several are; E_UNSUPPORTED for one that does not move.
 */
export function chooseVolumes(contents: Contents, named: readonly string[] = []): string[] {
  const alone = volumesAlone(contents);
  return named.map((word) => {
    const matches = alone.filter(({ id, name }) => id === word || name === word);
    return only('volume', word, matches, whyLeft);
  });
}

/** The id of the only thing that a word names. */
function only<T extends { readonly id: string; readonly name: string | null }>(
  kind: 'volume' | 'image',
  word: string,
  matches: readonly T[],
  whyNot: (one: T) => string | null,
): string {
  const [first] = matches;
  if (first === undefined)
    throw new Problem('E_NOT_FOUND', `The project has no ${kind} ${word} that moves by itself.`, {
      about: word,
      hint: 'A volume that a server has moves with its server; an image must be the project’s own.',
    });
  if (matches.length > 1)
    throw new Problem('E_NOT_FOUND', `Several ${kind}s are called ${word}: ${matches.map(({ id }) => id).join(', ')}.`, {
      about: word,
      hint: 'Name it by its id.',
    });
  const why = whyNot(first);
  if (why === null) return first.id;
  throw new Problem('E_UNSUPPORTED', `The ${kind} ${first.name || first.id} cannot be moved: it is ${why}.`, {
    about: `${kind}/${first.id}`,
  });
}
