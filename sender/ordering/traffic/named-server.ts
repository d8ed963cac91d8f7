import { labelsOf } from '../../../shared/model/labels.ts';

/** A server by its id and the name that people gave it. */
export interface NamedServer {
  readonly id: string;
  readonly name: string;
}

/**
 * Returns the function from a server's id to its name, told apart from servers of the same name, or
 * to the id where no name is known.
 */
export function namesOf(servers: readonly NamedServer[]): (id: string) => string {
  const names = labelsOf(servers);
  return (id) => names.get(id) ?? id;
}
