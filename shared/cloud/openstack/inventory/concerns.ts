import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiServer } from '../api.ts';
import { documentName } from '../group-name.ts';
import { bootsFromVolume } from '../volumes/attachments.ts';
import type { Contents } from './contents.ts';
import { inInterfaceOrder } from './interface-order.ts';
import { firmware, iso, serials, tpm } from './machine-concerns.ts';
import { isMoved } from './moved.ts';
import { policyConcerns } from './policies.ts';
import { poolConcerns } from './pools.ts';
import { rbacConcerns } from './rbac.ts';
import { heirOf } from './server.ts';
import { concern, type ServerRule } from './server-concern.ts';
import { unseenInterfaces } from './unseen-interfaces.ts';
import { formatting, userDataConcerns } from './user-data-concerns.ts';
import { volumeConcerns, volumeRules } from './volume-concerns.ts';

/** What each state of a server means for its move; in other states it cannot be stopped. */
const states: Readonly<Record<string, [severity: Concern['severity'], says: string, remedy: string] | null>> = {
  ACTIVE: null,
  SHUTOFF: ['warning', 'is stopped already.', 'Nothing to do: it is moved, and left stopped at both sides.'],
  ERROR: ['blocking', 'is in state ERROR', 'Repair it (for instance with a hard reboot), or leave it out.'],
  PAUSED: ['blocking', 'is paused.', 'Unpause it, or leave it out.'],
  SUSPENDED: ['blocking', 'is suspended.', 'Resume it, or leave it out.'],
  SHELVED: ['blocking', 'is shelved.', 'Unshelve it, or leave it out.'],
  SHELVED_OFFLOADED: ['blocking', 'is shelved.', 'Unshelve it, or leave it out.'],
  RESCUE: ['blocking', 'is in rescue mode.', 'Unrescue it, or leave it out.'],
  VERIFY_RESIZE: ['blocking', 'has a resize that was not confirmed.', 'Confirm or revert the resize, or leave it out.'],
};

const state: ServerRule = (server) => {
  const known = states[server.status];
  if (known === null) return null;
  if (known === undefined)
    return concern(
      'server.state',
      'blocking',
      server,
      `is in state ${server.status}.`,
      'Bring it to ACTIVE or SHUTOFF, or leave it out.',
    );
  const [severity, says, remedy] = known;
  const fault = server.status === 'ERROR' ? `: ${server.fault?.message ?? 'without a message'}.` : '';
  return concern(`server.${server.status.toLowerCase()}`, severity, server, `${says}${fault}`, remedy);
};

const busy: ServerRule = (server) => {
  const task = server['OS-EXT-STS:task_state'];
  return task
    ? concern('server.busy', 'warning', server, `is at work (${task}).`, 'Wait until the cloud has finished with it.')
    : null;
};

const moved: ServerRule = (server) =>
  isMoved(server)
    ? concern(
        'server.moved',
        'blocking',
        server,
        'was moved by an earlier campaign; this is what it left behind.',
        'Leave it out.',
      )
    : null;

const locked: ServerRule = (server) => {
  if (server.locked !== true) return null;
  const why = server.locked_reason ? ` (${server.locked_reason})` : '';
  // A stopped server is only snapshotted, which a lock does not forbid (nova/compute/api.py).
  if (server.status === 'SHUTOFF')
    return concern(
      'server.lock_left',
      'warning',
      server,
      `is locked${why}; the lock stays at the source, and the new server has none.`,
      'Lock it at the destination after the commit, if it must be: openstack server lock.',
    );
  return concern('server.locked', 'blocking', server, `is locked${why}.`, `Unlock it: openstack server unlock ${server.id}`);
};

const localDisks: ServerRule = (server) => {
  const { ephemeral, swap } = server.flavor;
  if (ephemeral === 0 && Number(swap || 0) === 0) return null;
  const remedy = 'Copy what is needed to the root disk first; the source server keeps its disks until commit.';
  return concern(
    'server.ephemeral',
    'warning',
    server,
    'has an ephemeral or swap disk: it will be there again, but empty.',
    remedy,
  );
};

/**
 * Nova encrypts local disks where the flavor or the image asks for it, and snapshots are encrypted
 * too (Nova's specification "Flavour and Image defined ephemeral storage encryption").
 */
const encrypted: ServerRule = (server, { images }) => {
  const image = images.find(({ id }) => server.image && id === server.image.id);
  const asks = [server.flavor.extra_specs?.['hw:ephemeral_encryption'], image?.['hw_ephemeral_encryption']];
  if (!asks.some((value) => String(value).toLowerCase() === 'true')) return null;
  return concern(
    'server.encrypted',
    'blocking',
    server,
    'has local disks that Nova encrypts: its snapshot cannot be read without a key that only the cloud has.',
    'Rebuild it on a flavor and image without `hw:ephemeral_encryption`, or leave it out.',
  );
};

const key: ServerRule = (server, { keypairs }) => {
  if (!server.key_name || keypairs.some((pair) => pair.name === server.key_name && pair.user_id === server.user_id)) return null;
  const says = `uses the keypair ${server.key_name} of another user, or one that is gone; only an admin may read another user's.`;
  return concern(
    'server.keypair',
    'warning',
    server,
    says,
    'Nothing, if the guest has the key on its disk: it is made without a key name.',
  );
};

const keyTwin: ServerRule = (server, { keypairs }) => {
  const same = keypairs.filter((pair) => pair.name === server.key_name);
  if (same.every((pair) => pair.public_key === same[0]?.public_key)) return null;
  const says = `uses a keypair ${server.key_name}, and so does another user's server, with another key; only one can be made.`;
  return concern('server.keypair_name', 'warning', server, says, 'Nothing, if the guests have their keys on their disks.');
};

const image: ServerRule = (server, contents) => {
  if (bootsFromVolume(server) || !server.image) return null;
  const { id } = server.image;
  if (contents.images.some((one) => one.id === id)) return null;
  const heir = heirOf(server, contents);
  const says = 'was made from an image that is gone or not visible';
  if (heir !== undefined)
    return concern(
      'server.image_gone',
      'warning',
      server,
      `${says}: its hw_* properties are taken from the snapshot ${heir.name || heir.id}.`,
      'Nothing, if the properties of that snapshot were not edited since.',
    );
  return concern(
    'server.image_gone',
    'warning',
    server,
    `${says}: its hw_* properties are read from the snapshot of its stopped disk, and are not known before.`,
    'Nothing. To see them in the plan, snapshot the server once before the capture (openstack server image create).',
  );
};

const interfaces: ServerRule = (server, { ports }) => {
  const own = ports.filter((port) => port.device_id === server.id);
  const says = 'has several ports on several networks, and the cloud does not tell in which order.';
  const remedy = 'Compare the order of `ports` of the server in configurations.json with the guest.';
  return inInterfaceOrder(server, own).certain ? null : concern('server.nic_order', 'warning', server, says, remedy);
};

const unseenPorts: ServerRule = (server, { ports }) => {
  const unseen = unseenInterfaces(server, ports);
  if (unseen.length === 0) return null;
  const macs = [...new Set(unseen.map(({ mac }) => mac))];
  const lines = macs.map((mac) => `\`server.port_unseen ${refOf('server', server.id)} ${mac}\``).join(', ');
  const found = concern(
    'server.port_unseen',
    'blocking',
    server,
    `has ${unseen.map(({ says }) => says).join(', ')}, but its project may not see such a port (another project's, perhaps): it would lose the interface.`,
    `Capture with credentials that may see the port (an admin’s), detach it, or leave the server out. Or let it arrive without the interface: ${lines} in \`mappings.accept\`.`,
  );
  return { ...found, each: macs };
};

const vnic: ServerRule = (server, { ports }) => {
  const special = ports.filter((port) => port.device_id === server.id && (port['binding:vnic_type'] ?? 'normal') !== 'normal');
  if (special.length === 0) return null;
  const kinds = special.map((port) => port['binding:vnic_type']).join(', ');
  return concern(
    'server.vnic',
    'warning',
    server,
    `has a port of type ${kinds}.`,
    'Check that the destination offers such ports.',
  );
};

/**
 * A group is identified by its id and project. Another project's group is built anew, never found
 * by name.
 */
function foreignGroups({ scope, groups }: Contents): Concern[] {
  return groups
    .filter((group) => group.project_id !== scope.projectId)
    .map(
      (group): Concern => ({
        code: 'security_group.foreign',
        severity: 'warning',
        about: refOf('security_group', group.id),
        says: `The security group ${group.name} belongs to another project (${group.project_id}); it is built as a group of this one, named ${documentName(group, false)}, with the rules that it has now.`,
        remedy: 'Nothing, if its owner need not change the rules later; or give the ports groups of this project first.',
      }),
    );
}

/** An address group that another project shares is built as the project's own, as it is now. */
function foreignAddressGroups({ scope, addressGroups }: Contents): Concern[] {
  return addressGroups
    .filter((group) => group.project_id !== scope.projectId)
    .map(
      (group): Concern => ({
        code: 'address_group.foreign',
        severity: 'warning',
        about: refOf('address_group', group.id),
        says: `The address group ${group.name || group.id} belongs to another project (${group.project_id}); it is built as one of this project, with the addresses that it has now.`,
        remedy:
          'Nothing, if its owner need not change the addresses later; or share one with the project at the destination, and map to it.',
      }),
    );
}

const rules: readonly ServerRule[] = [
  state,
  busy,
  locked,
  ...volumeRules,
  localDisks,
  encrypted,
  tpm,
  iso,
  formatting,
  key,
  keyTwin,
  image,
  interfaces,
  unseenPorts,
  vnic,
];

/**
 * The concerns about one server. Where one blocks, those that only describe how it moves are not
 * said.
 */
function concernsOfServer(server: ApiServer, contents: Contents): Concern[] {
  const found = (isMoved(server) ? [moved] : rules).flatMap((rule) => rule(server, contents) ?? []);
  const isBlocked = found.some(({ severity }) => severity === 'blocking');
  return isBlocked ? found.filter(({ code }) => code !== 'server.shutoff' && code !== 'server.lock_left') : found;
}

/** A policy may keep the groups from a project; which server is in which is then not known. */
function unseenServerGroups({ serverGroups }: Contents): Concern[] {
  if (serverGroups !== null) return [];
  return [
    {
      code: 'server_group.unseen',
      severity: 'warning',
      says: 'The cloud does not show these credentials the server groups of the project: if there are some, servers are made without them.',
      remedy: 'Capture as an admin, or with credentials that may list them (openstack server group list).',
    },
  ];
}

/** One concern for all ports of one owner: a load balancer or a trunk may have many. */
function leftOutPorts({ otherPorts }: Contents): Concern[] {
  const byOwner = Map.groupBy(otherPorts, (port) => port.device_owner || port.device_id);
  return [...byOwner]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([owner, ports]): Concern => {
      const [first, ...others] = ports;
      const labels = ports.map((port) => port.name || port.fixed_ips.map((ip) => ip.ip_address).join(' ') || port.id);
      const names = labels.sort().join(', ');
      const says =
        others.length === 0
          ? `The port ${names} belongs to ${owner}, which is not moved; it is left out.`
          : `The ports ${names} belong to ${owner}, which is not moved; they are left out.`;
      return {
        code: 'port.left_out',
        severity: 'warning',
        ...(others.length === 0 ? { about: refOf('port', first?.id ?? '') } : {}),
        says,
        remedy: 'Make what they belong to at the destination by hand.',
      };
    });
}

/** All reasons why servers, addresses and ports of the source cannot be moved, or not unchanged. */
export function sourceConcerns(contents: Contents): Concern[] {
  const ofServers = contents.servers.flatMap((server) => concernsOfServer(server, contents));
  const moving = contents.servers.filter((server) => !isMoved(server));
  const ofAddresses = contents.floatingIps
    .filter((ip) => ip.port_id !== null && !contents.ports.some((port) => port.id === ip.port_id))
    .map(
      (ip): Concern => ({
        code: 'floating_ip.left_out',
        severity: 'warning',
        about: refOf('floating_ip', ip.id),
        says: `The floating IP ${ip.floating_ip_address} serves a port of something that is not moved (a load balancer, for instance); it is left out.`,
        remedy: 'Make what it serves at the destination by hand.',
      }),
    );
  return [
    ...ofServers,
    ...userDataConcerns(contents, moving),
    ...firmware(contents, moving),
    ...serials(contents, moving),
    ...ofAddresses,
    ...leftOutPorts(contents),
    ...volumeConcerns(contents),
    ...unseenServerGroups(contents),
    ...foreignGroups(contents),
    ...foreignAddressGroups(contents),
    ...policyConcerns(contents),
    ...rbacConcerns(contents),
    ...poolConcerns(contents),
  ];
}
