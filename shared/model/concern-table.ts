/** How the plan goes on where a concern is fatal. */
export type WayOn = 'leave out' | 'skip' | 'map' | 'accept' | 'edit';

/** What an operator writes in the plan for each way on. */
export const wayTexts: Readonly<Record<WayOn, string>> = {
  'leave out': 'take the server out of `waves`',
  skip: 'name the resource in `skip`',
  map: 'change its entry in `mappings`',
  accept: 'name the code, or the code and the resource, in `mappings.accept`',
  edit: 'change the policy in the plan',
};

/** One sort of concern. A code that begins with `*.` is of every kind of resource. */
export interface ConcernRow {
  readonly code: string;
  readonly cause: string;
  /** Of a fatal concern: every way on. Absent: it is told only. */
  readonly ways?: readonly WayOn[];
}

/** Every concern that a capture, a plan or preflight may find. */
// biome-ignore format: a table is read by row
export const concernTable: readonly ConcernRow[] = [
  // ── the server, at the source ──
  { code: 'server.shutoff',         cause: 'The server is stopped; it is moved so.' },
  { code: 'server.error',           cause: 'The server is in ERROR.', ways: ['leave out'] },
  { code: 'server.paused',          cause: 'The server is paused.', ways: ['leave out'] },
  { code: 'server.suspended',       cause: 'The server is suspended.', ways: ['leave out'] },
  { code: 'server.shelved',         cause: 'The server is shelved.', ways: ['leave out'] },
  { code: 'server.shelved_offloaded', cause: 'The server is shelved.', ways: ['leave out'] },
  { code: 'server.rescue',          cause: 'The server is in rescue mode.', ways: ['leave out'] },
  { code: 'server.verify_resize',   cause: 'A resize was not confirmed.', ways: ['leave out'] },
  { code: 'server.STATE',           cause: 'The server is in another state that cannot be stopped; the code ends with it.', ways: ['leave out'] },
  { code: 'server.busy',            cause: 'The cloud is at work on the server.' },
  { code: 'server.moved',           cause: 'An earlier campaign moved the server.', ways: ['leave out'] },
  { code: 'server.locked',          cause: 'The server runs and is locked: it cannot be stopped.', ways: ['leave out'] },
  { code: 'server.lock_left',       cause: 'A stopped server is locked; the new one is not.' },
  { code: 'server.volume_unseen',   cause: 'A volume of the server cannot be read.', ways: ['leave out'] },
  { code: 'server.volume_multiattach', cause: 'A volume of the server may have several servers.', ways: ['leave out'] },
  { code: 'server.volume_encrypted', cause: 'A volume of the server is encrypted.', ways: ['leave out'] },
  { code: 'server.volume_state',    cause: 'A volume of the server is not in use.', ways: ['leave out'] },
  { code: 'server.boot_unknown',    cause: 'The cloud does not tell from which volume the server boots.', ways: ['leave out'] },
  { code: 'server.ephemeral',       cause: 'An ephemeral or swap disk arrives empty.' },
  { code: 'server.keypair',         cause: 'The keypair is another user’s, or gone.' },
  { code: 'server.keypair_name',    cause: 'Two users’ keypairs have one name.' },
  { code: 'server.image_gone',      cause: 'The image that the server was made from is gone.' },
  { code: 'server.user_data',       cause: 'Only an admin may read user data.' },
  { code: 'server.nic_order',       cause: 'The cloud does not tell the order of the interfaces.' },
  { code: 'server.port_unseen',     cause: 'The server has an interface that its project may not see.', ways: ['leave out', 'accept'] },
  { code: 'server.vnic',            cause: 'A port is not an ordinary one.' },
  // ── other resources, at the source ──
  { code: 'server_group.left_out',  cause: 'A server group has no server that moves.' },
  { code: 'port.left_out',          cause: 'A port belongs to something that is not moved.' },
  { code: 'floating_ip.left_out',   cause: 'A floating IP serves something that is not moved.' },
  { code: 'routes.left_out',        cause: 'The next hop of a static route is on a network that none of the chosen servers uses.' },
  { code: 'security_group.foreign', cause: 'A security group is another project’s.' },
  { code: 'port.group_unseen',      cause: 'A port has security groups that cannot be read.' },
  { code: 'security_group.remote_unseen', cause: 'A rule lets in members of another project’s group.' },
  { code: 'interface.subnet_unseen', cause: 'A router stands in a subnet that cannot be read.' },
  { code: 'volume.unseen',          cause: 'The volumes of the project cannot be read.' },
  { code: 'volume.detached',        cause: 'A volume has no server, and stays behind.' },
  { code: 'volume.snapshots',       cause: 'Snapshots of volumes stay behind.' },
  { code: 'volume.source_room',     cause: 'A quota of the source has no room for the temporary volumes.' },
  { code: '*.unreadable',           cause: 'The cloud tells only a part of a record.' },
  { code: '*.need_unseen',          cause: 'A resource needs another that cannot be read.' },
  { code: '*.not_carried',          cause: 'An attribute cannot be carried.' },
  { code: '*.unknown_attribute',    cause: 'This release does not know an attribute.' },
  // ── the destination ──
  { code: '*.unsupported',          cause: 'The destination cannot build this kind. Fatal where no server can be without it.', ways: ['leave out'] },
  { code: '*.unsupported_attribute', cause: 'The destination lacks what an attribute needs. Fatal where the guest would differ.', ways: ['accept'] },
  { code: 'extension.absent',       cause: 'The destination’s network service lacks what a resource cannot be built without.', ways: ['skip'] },
  { code: '*.name',                 cause: 'A name has a character that many clouds refuse.' },
  { code: '*.tag_limit',            cause: 'A resource has too many tags, or too long ones.', ways: ['skip', 'leave out'] },
  { code: '*.limit',                cause: 'A value is beyond the default of a limit that the cloud does not tell.', ways: ['accept', 'skip', 'leave out'] },
  { code: 'mapping.absent',         cause: 'A router or security group is mapped to one that does not exist.', ways: ['map'] },
  { code: 'network.absent',         cause: 'A network is mapped to one that does not exist.', ways: ['map'] },
  { code: 'network.external_unmapped', cause: 'An external network is not mapped.', ways: ['map', 'skip'] },
  { code: 'network.not_external',   cause: 'An external network is mapped to one that is not.', ways: ['map'] },
  { code: 'network.shared',         cause: 'A network is shared with other projects.' },
  { code: 'network.mtu',            cause: 'The destination’s networks have a smaller MTU.' },
  { code: 'subnet.absent',          cause: 'An adopted network lacks a subnet.', ways: ['map', 'skip'] },
  { code: 'subnet.overlap',         cause: 'A router cannot join two subnets that overlap.', ways: ['map', 'skip'] },
  { code: 'port.address_taken',     cause: 'Somebody has the address on an adopted network.', ways: ['map', 'skip', 'leave out'] },
  { code: 'port.mac_taken',         cause: 'Somebody has the MAC on an adopted network.', ways: ['map', 'skip', 'leave out'] },
  { code: 'port.rights',            cause: 'Only its owner or an admin chooses addresses on a network.', ways: ['map', 'skip', 'leave out'] },
  { code: 'gateway.elsewhere',      cause: 'An adopted router has its gateway in another network.', ways: ['map', 'skip'] },
  { code: 'routes.lacking',         cause: 'An adopted router lacks static routes.' },
  { code: 'interface.address_taken', cause: 'Somebody has a router’s address on an adopted network.', ways: ['map', 'skip'] },
  { code: 'security_group.widened', cause: 'An adopted group gets rules that it lacks.' },
  { code: 'gateway.snat_rights',    cause: 'Only an admin may switch SNAT off.', ways: ['accept', 'skip'] },
  { code: 'gateway.rights',         cause: 'Only an admin may choose a gateway’s address.', ways: ['map'] },
  { code: 'gateway.address_outside', cause: 'The address is not of the external network.', ways: ['map'] },
  { code: 'gateway.address_taken',  cause: 'Somebody has the address.', ways: ['map'] },
  { code: 'floating_ip.in_use',     cause: 'The floating IP serves another port.', ways: ['map'] },
  { code: 'floating_ip.rights',     cause: 'Only an admin may choose a floating IP.', ways: ['map'] },
  { code: 'floating_ip.outside',    cause: 'The address is not of the external network.', ways: ['map'] },
  { code: 'floating_ip.taken',      cause: 'Somebody has the address.', ways: ['map'] },
  { code: 'volume.service',         cause: 'The destination has no block storage.', ways: ['leave out'] },
  { code: 'volume.absent',          cause: 'The document lacks a volume of a server.', ways: ['leave out'] },
  { code: 'volume.size',            cause: 'A volume is larger than the destination allows.', ways: ['leave out'] },
  { code: 'volume.zone',            cause: 'The destination has no zone of a volume’s name.' },
  { code: 'server.volume_kept',     cause: 'The destination cannot let a volume go with its server.' },
  { code: 'volume_type.missing',    cause: 'No volume type stands for one of the source.', ways: ['map'] },
  { code: 'volume_type.differs',     cause: 'The mapped volume type differs in its extra specs.' },
  { code: 'flavor.missing',         cause: 'No flavor stands for one of the source.', ways: ['map'] },
  { code: 'flavor.rights',          cause: 'Only an admin may create a flavor.', ways: ['map'] },
  { code: 'flavor.name_taken',      cause: 'A flavor to be created has the name of another.', ways: ['map'] },
  { code: 'flavor.smaller',         cause: 'The mapped flavor is smaller.' },
  { code: 'flavor.hardware',        cause: 'The guest would lose a device with the mapped flavor.', ways: ['map', 'accept'] },
  { code: 'flavor.differs',         cause: 'The mapped flavor differs in other ways.' },
  { code: 'flavor.zero_disk',       cause: 'Only an admin may boot an image with a flavor without a disk.', ways: ['map'] },
  { code: 'flavor.disk',            cause: 'The disk of the mapped flavor is too small.', ways: ['map'] },
  { code: 'flavor.ram',             cause: 'The memory of the mapped flavor is too small.', ways: ['map'] },
  { code: 'keypair.other_key',      cause: 'A keypair of the same name has another key.', ways: ['skip'] },
  { code: 'keypair.name',           cause: 'The destination refuses the name of a keypair.', ways: ['skip'] },
  { code: 'security_group.default_open', cause: 'The destination’s default group allows more.' },
  { code: 'security_group.default_widened', cause: 'Rules are added to the destination’s default group.' },
  { code: 'owner.changes',          cause: 'Servers and keypairs get another owner.' },
  { code: 'server.name_refused',    cause: 'The destination refuses the name of a server.', ways: ['leave out'] },
  { code: 'server.tags',            cause: 'A server has too many tags.', ways: ['leave out'] },
  { code: 'server.tag_refused',     cause: 'The destination refuses a tag.', ways: ['leave out'] },
  { code: 'server.metadata',        cause: 'A server has too many metadata items.', ways: ['leave out'] },
  { code: 'server.metadata_refused', cause: 'The destination refuses metadata.', ways: ['leave out'] },
  { code: 'server.description_size', cause: 'The description of a server is too long.', ways: ['leave out'] },
  { code: 'server.user_data_size',  cause: 'The user data of a server is too long.', ways: ['leave out'] },
  { code: 'zone.no_server',         cause: 'A zone is wanted for a server that does not move.' },
  { code: 'zone.absent',            cause: 'The wanted zone does not exist, or is not available.', ways: ['map'] },
  { code: 'zone.rights',            cause: 'Only an admin may choose a host.', ways: ['map'] },
  { code: 'zone.host_absent',       cause: 'The wanted host is not in the zone.', ways: ['map'] },
  { code: 'quota.*',                cause: 'A quota of the project, named in the code, has no room.', ways: ['skip', 'leave out'] },
  // ── the plan and both machines ──
  { code: 'plan.skipped',           cause: 'The plan skips a resource, and what cannot be without it.' },
  { code: 'space.short',            cause: 'A state directory has no room for the disks.', ways: ['leave out'] },
  { code: 'space.tight',            cause: 'A state directory has no room for full disks.' },
  { code: 'calendar.never',         cause: 'No server may ever be stopped.', ways: ['edit'] },
  { code: 'calendar.too_short',     cause: 'No window is long enough for a server.' },
  { code: 'calendar.cutover',       cause: 'The calendar is closed at the time of a cutover.' },
  { code: 'rolling.single',         cause: 'A wave that moves in halves has one server.' },
  { code: 'rolling.no_probe',       cause: 'A server of a first half has no probe.' },
];

/** The row of a concern's code. */
export function rowOfConcern(code: string): ConcernRow | undefined {
  const [family = '', rest = ''] = code.split('.');
  const found = concernTable.find((row) => row.code === code);
  return found ?? concernTable.find((row) => row.code === `*.${rest}` || row.code === `${family}.*`) ?? stateRow(family);
}

function stateRow(family: string): ConcernRow | undefined {
  return family === 'server' ? concernTable.find((row) => row.code === 'server.STATE') : undefined;
}
