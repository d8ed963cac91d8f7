import { wordOf } from '../../shared/model/kind-words.ts';
import { kindOf, type Ref, type Resource } from '../../shared/model/resource.ts';

/**
 * A disk as its server's row or column already names the server: `root disk` for `<server>.root`.
 */
export function diskName(id: string, server: string): string {
  return id.startsWith(`${server}.`) ? `${id.slice(server.length + 1)} disk` : id;
}

/** How wide a column of names becomes at most: names of the cloud have up to 255 characters. */
export const widestName = 40;

/**
 * What people know a resource by: its name, or for one without a name what tells it from others.
 */
export function nameOf(resource: Resource): string {
  if (resource.kind === 'floating_ip') return resource.floating_ip_address;
  if (resource.kind === 'port') return resource.name || resource.fixed_ips.map(({ ip_address }) => ip_address).join(', ');
  return 'name' in resource ? resource.name : '';
}

/** `server web-1`; the ref itself where the resource has no name, or is not known. */
export function labelOf(ref: Ref, resource: Resource | undefined): string {
  const name = resource === undefined ? '' : nameOf(resource);
  return name === '' ? ref : `${wordOf(kindOf(ref))} ${name}`;
}
