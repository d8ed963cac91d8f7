import type { Cloud } from './in-process.ts';
import { addVolumeTo, type SeenVolume, volumesAt } from './shop-volumes.ts';
import { adminOf, type Seen, serversAt } from './shop-world.ts';

/** A volume, and which servers have it. */
export type SharedVolume = SeenVolume & {
  readonly multiattach: boolean;
  readonly attachments: readonly { readonly server_id: string }[];
};

/** Gives a cloud a type of volumes that several servers may have, or only one. */
export async function addSharedType(cloud: Cloud, multiattach = '<is> True'): Promise<void> {
  const volume_type = { name: 'shared', extra_specs: { multiattach } };
  await (await adminOf(cloud)).send('POST', 'volumev3', '/types', { volume_type });
}

/** Gives a source the volume `quorum`, with content, which all of these servers have. */
export async function addQuorum(source: Cloud, state: string, [first = '', ...others]: readonly string[]): Promise<void> {
  await addSharedType(source);
  await addVolumeTo(source.user, state, first, { name: 'quorum', volume_type: 'shared' });
  for (const name of others) await attachQuorum(source, name);
}

/** Gives one more server the volume `quorum`, which goes with the last of them. */
async function attachQuorum(cloud: Cloud, server: string): Promise<void> {
  const volumeAttachment = { volumeId: (await quorumAt(cloud))?.id, delete_on_termination: true };
  const id = (await serversAt(cloud)).find(({ name }) => name === server)?.id;
  await cloud.user.send('POST', 'compute', `/servers/${id}/os-volume_attachments`, { volumeAttachment });
}

/** The volume `quorum` of a cloud; undefined where it is gone. */
export async function quorumAt({ user }: Cloud): Promise<SharedVolume | undefined> {
  return (await volumesAt(user)).find(({ name }) => name === 'quorum') as SharedVolume | undefined;
}

/** The names of the servers that have `quorum`. */
export async function holdersAt(cloud: Cloud): Promise<string[]> {
  const servers: readonly Seen[] = await serversAt(cloud);
  const holders = (await quorumAt(cloud))?.attachments ?? [];
  return holders.map(({ server_id }) => servers.find(({ id }) => id === server_id)?.name ?? server_id).sort();
}
