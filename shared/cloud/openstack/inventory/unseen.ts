import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { Contents } from './contents.ts';

const remedy = 'Capture with credentials that may see it (an admin’s), or make it at the destination by hand.';

/**
 * Reports references to other projects' resources that the credentials may not read. They are left
 * out of the capture.
 */
export function unseenConcerns(contents: Contents): Concern[] {
  return [
    ...contents.unreadable,
    ...unseenTrunks(contents),
    ...unseenGroups(contents),
    ...unseenRemotes(contents),
    ...unseenLegs(contents),
  ];
}

function unseenTrunks({ ports, trunks }: Contents): Concern[] {
  const seen = new Set(trunks.map((trunk) => trunk.port_id));
  const bare = ports.filter((port) => port.trunk_details && !seen.has(port.id));
  return bare.map((port) => ({
    code: 'port.trunk_unseen',
    severity: 'warning' as const,
    about: refOf('port', port.id),
    says: `The port ${port.name || port.id} has a trunk that cannot be read; the VLANs that its guest has on it lead nowhere.`,
    remedy,
  }));
}

function unseenGroups({ ports, groups }: Contents): Concern[] {
  const seen = new Set(groups.map((group) => group.id));
  return ports.flatMap((port) => {
    const unseen = (port.security_groups ?? []).filter((id) => !seen.has(id));
    if (unseen.length === 0) return [];
    const says = `The port ${port.name || port.id} has security groups that cannot be read (${unseen.join(', ')}); it is built without them, and lets in less than before.`;
    return [{ code: 'port.group_unseen', severity: 'warning', about: refOf('port', port.id), says, remedy }];
  });
}

function unseenRemotes({ groups, addressGroups }: Contents): Concern[] {
  const seen = new Set([...groups, ...addressGroups].map((group) => group.id));
  return groups.flatMap((group) => {
    const remotes = group.security_group_rules
      .flatMap((rule) => [rule.remote_group_id ?? [], rule.remote_address_group_id ?? []].flat())
      .filter((id) => !seen.has(id));
    if (remotes.length === 0) return [];
    const about = refOf('security_group', group.id);
    const says = `The security group ${group.name} has rules for groups of other projects, which cannot be read and do not move (${remotes.join(', ')}); these rules are left out.`;
    return [
      {
        code: 'security_group.remote_unseen',
        severity: 'warning',
        about,
        says,
        remedy: 'Give it rules with addresses in their place, if those members must still be let in.',
      },
    ];
  });
}

function unseenLegs({ interfaces, subnets, routers }: Contents): Concern[] {
  const seen = new Set(subnets.map((subnet) => subnet.id));
  return interfaces.flatMap((port) => {
    const unseen = port.fixed_ips.filter((ip) => !seen.has(ip.subnet_id));
    if (unseen.length === 0) return [];
    const router = routers.find(({ id }) => id === port.device_id);
    const at = unseen.map((ip) => ip.ip_address).join(', ');
    const says = `The router ${router?.name || port.device_id} has an interface at ${at} in a subnet that cannot be read; it is left out.`;
    return [{ code: 'interface.subnet_unseen', severity: 'warning', about: refOf('interface', port.id), says, remedy }];
  });
}
