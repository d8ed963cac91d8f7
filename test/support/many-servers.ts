import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { operatorOf, ownerOf, type Site, trouble } from './site.ts';

const MiB = 1024 * 1024;
/** Servers that are made at once. */
const width = 8;

/** What many servers are to be. */
export interface ManyServers {
  readonly count: number;
  /** Bytes of data at the beginning of each disk, and its size: MiB. */
  readonly dataMiB: number;
  readonly diskMiB: number;
  /** Bytes of each server's user data, before base64. */
  readonly userDataBytes?: number;
  /** Whether each has a port in a network of theirs. */
  readonly arePlugged: boolean;
}

interface Made {
  readonly id: string;
  readonly name: string;
}

/** Makes many servers from one image in a site's source, and leaves no quota in their way. */
export async function addServers(site: Site, many: ManyServers): Promise<readonly Made[]> {
  const { count, dataMiB, diskMiB, userDataBytes, arePlugged } = many;
  const unlimited = [
    { do: 'quota', service: 'compute', set: { instances: -1, cores: -1, ram: -1 } },
    { do: 'quota', service: 'network', set: { port: -1 } },
  ];
  await Promise.all([trouble(site.source, unlimited), trouble(site.destination, unlimited)]);
  const user = await ownerOf(site.source);
  const file = join(site.dir, 'many.raw');
  const disk = await open(file, 'w');
  await disk.write(randomBytes(dataMiB * MiB));
  await disk.truncate(diskMiB * MiB);
  await disk.close();
  const image = { name: 'many', disk_format: 'raw', container_format: 'bare', visibility: 'public' };
  const operator = await operatorOf(site.source);
  const { id: imageRef } = await operator.send<Made>('POST', 'image', '/images', image);
  await operator.upload(imageRef, file);
  const flavors = await user.list<Made>('compute', '/flavors', 'flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.tiny')?.id;
  let networks: unknown = 'none';
  if (arePlugged) {
    const made = await user.send<{ network: Made }>('POST', 'network', '/networks', { network: { name: 'many' } });
    const subnet = { name: 'many-v4', network_id: made.network.id, ip_version: 4, cidr: '10.30.0.0/16' };
    await user.send('POST', 'network', '/subnets', { subnet });
    networks = [{ uuid: made.network.id }];
  }
  const names = Array.from({ length: count }, (_, place) => `many-${place}`);
  await inParallel(names, width, async (name) => {
    const more = userDataBytes === undefined ? {} : { user_data: randomBytes(userDataBytes).toString('base64') };
    await user.send('POST', 'compute', '/servers', { server: { name, imageRef, flavorRef, networks, ...more } });
  });
  const listed = async () => await user.list<Made & { status: string }>('compute', '/servers/detail', 'servers');
  for (;;) {
    const made = (await listed()).filter(({ name }) => names.includes(name));
    if (made.length === count && made.every(({ status }) => status === 'ACTIVE')) return made;
  }
}
