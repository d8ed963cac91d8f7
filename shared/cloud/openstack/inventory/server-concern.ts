import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiServer } from '../api.ts';
import type { Contents } from './contents.ts';

/** Looks at one server for one thing that is told, or that blocks its move. */
export type ServerRule = (server: ApiServer, contents: Contents) => Concern | null;

/** A concern about a server; `says` goes on after its name. */
export function concern(
  code: string,
  severity: Concern['severity'],
  server: Pick<ApiServer, 'id' | 'name'>,
  says: string,
  remedy: string,
): Concern {
  return { code, severity, about: refOf('server', server.id), says: `Server ${server.name} ${says}`, remedy };
}
