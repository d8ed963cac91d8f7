import { Problem } from '../../../problem.ts';
import { type Selection, takesWhole } from '../../source-cloud.ts';
import type { Contents } from './contents.ts';
import { volumesAlone, whyLeft } from './volumes.ts';

/** Whether a selection means servers: not one that names volumes alone. */
export function meansServers(selection: Selection): boolean {
  const { volumes = [], ...ofServers } = selection;
  return volumes.length === 0 || !takesWhole(ofServers);
}

/**
 * The ids of the volumes that are named, by id or name. Throws E_NOT_FOUND where no volume without
 * a server is called so, or several are; E_UNSUPPORTED for one that does not move.
 */
export function chooseVolumes(contents: Contents, named: readonly string[] = []): string[] {
  const alone = volumesAlone(contents);
  return named.map((word) => {
    const matches = alone.filter(({ id, name }) => id === word || name === word);
    const [only] = matches;
    if (only === undefined)
      throw new Problem('E_NOT_FOUND', `The project has no volume ${word} without a server that moves.`, {
        about: word,
        hint: 'A volume that a server has moves with its server.',
      });
    if (matches.length > 1)
      throw new Problem('E_NOT_FOUND', `Several volumes are called ${word}: ${matches.map(({ id }) => id).join(', ')}.`, {
        about: word,
        hint: 'Name it by its id.',
      });
    const why = whyLeft(only);
    if (why === null) return only.id;
    throw new Problem('E_UNSUPPORTED', `Volume ${only.name || only.id} cannot be moved: it is ${why}.`, {
      about: `volume/${only.id}`,
    });
  });
}
