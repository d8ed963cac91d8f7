import type { Concern } from '../shared/model/concern.ts';
import { type Configurations, groupByKind, parseConfigurations, resourcesOf } from '../shared/model/configurations.ts';
import { refOf } from '../shared/model/resource.ts';
import { Problem } from '../shared/problem.ts';

/** A whole project's document without the servers that stay behind, and what only they have; the network side stays as it is. Throws E_NOT_FOUND. */
export function narrowTo(document: Configurations, wanted: readonly string[]): Configurations {
  const servers = document.servers.filter(({ id }) => wanted.includes(id));
  const absent = wanted.find((id) => !servers.some((server) => server.id === id));
  if (absent !== undefined) throw new Problem('E_NOT_FOUND', `There is no server ${absent}.`, { about: refOf('server', absent) });
  const left = new Set(document.servers.filter((server) => !servers.includes(server)).flatMap((server) => server.ports));
  const flavors = new Set(servers.map(({ flavor_id }) => flavor_id));
  const images = new Set(servers.map(({ image_id }) => image_id));
  const keys = new Set(servers.map(({ key_name }) => key_name));
  const kept = resourcesOf({ ...document, servers }).filter((resource) => {
    if (resource.kind === 'port') return !left.has(resource.id);
    if (resource.kind === 'floating_ip') return resource.port_id === null || !left.has(resource.port_id);
    if (resource.kind === 'disk') return wanted.includes(resource.server_id);
    if (resource.kind === 'flavor') return flavors.has(resource.id);
    if (resource.kind === 'image') return images.has(resource.id);
    if (resource.kind === 'keypair') return keys.has(resource.id);
    return true;
  });
  return parseConfigurations({ ...document, ...groupByKind(kept) });
}

/** The concerns that are not about servers that stay behind. */
export function concernsOf(all: readonly Concern[], document: Configurations): Concern[] {
  const moving = new Set<string>(document.servers.map(({ id }) => refOf('server', id)));
  return all.filter(({ about }) => about === undefined || !about.startsWith('server/') || moving.has(about));
}
