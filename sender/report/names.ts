import { wordOf } from '../../shared/model/kind-words.ts';
import { idOf, kindOf, type Ref, type Resource } from '../../shared/model/resource.ts';

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

/** `server web-1`; with its id where the resource has no name, or is not known. */
export function labelOf(ref: Ref, resource: Resource | undefined): string {
  const name = resource === undefined ? '' : nameOf(resource) || ruleText(resource);
  return `${wordOf(kindOf(ref))} ${name || idOf(ref)}`;
}

/** What a security group rule lets through: `ingress IPv4 tcp 22 from 0.0.0.0/0`; else nothing. */
function ruleText(resource: Resource): string {
  if (resource.kind !== 'security_group_rule') return '';
  const {
    direction,
    ethertype,
    protocol,
    port_range_min: from,
    port_range_max: to,
    remote_ip_prefix,
    remote_group_id,
    remote_address_group_id,
  } = resource;
  const ports = from === null ? null : from === to || to === null ? `${from}` : `${from}-${to}`;
  const members = remote_group_id === null ? null : 'the members of a group';
  const remote = remote_ip_prefix ?? members ?? (remote_address_group_id === null ? null : 'the addresses of a group');
  const peer = remote === null ? null : `${direction === 'ingress' ? 'from' : 'to'} ${remote}`;
  return [direction, ethertype, protocol, ports, peer].filter((part) => part !== null).join(' ');
}
