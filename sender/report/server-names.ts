import { labelsOf } from '../../shared/model/labels.ts';

/** The beginning of an id of a campaign or a server, which commands take in its place. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** A server as lists of servers hold it. */
interface ListedServer {
  readonly server: string;
  readonly name: string;
}

/** Returns the servers with names that tell them apart. */
export function toldApart<S extends ListedServer>(servers: readonly S[]): S[] {
  const labels = labelsOf(servers.map(({ server, name }) => ({ id: server, name })));
  return servers.map((one) => Object.assign({}, one, { name: labels.get(one.server) ?? one.name }));
}
