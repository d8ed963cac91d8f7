import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { parse } from 'yaml';
import { providers } from '../../shared/cloud/all.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import { itIsADestinationCloud } from '../conformance/destination.ts';
import { itIsASourceCloud } from '../conformance/source.ts';
import { OpenStackUser } from '../support/openstack-user.ts';

/**
 * The suites that the embedded twin passes, against real clouds that this process can reach. The
 * servers, named with commas between them, must run and may be stopped; the clouds are named as in
 * OS_CLIENT_CONFIG_FILE.
 */
const { GODWIT_CONFORMANCE_SOURCE: source, GODWIT_CONFORMANCE_SERVERS: servers = '' } = process.env;
const { GODWIT_CONFORMANCE_DESTINATION: destination } = process.env;
const openstack = providers['openstack'];
const settings = (cloud: string): unknown => openstack?.settings.parse({ cloud });

/** What an entry of clouds.yaml says of its user. */
interface Entry {
  readonly auth: {
    readonly auth_url: string;
    readonly username: string;
    readonly password: string;
    readonly project_name: string;
  };
}

/** The user of a cloud of clouds.yaml, whom the destination's provider does not know of. */
async function userOf(cloud: string): Promise<OpenStackUser> {
  const { clouds } = parse(await readFile(process.env['OS_CLIENT_CONFIG_FILE'] ?? '', 'utf8')) as {
    clouds: Record<string, Entry>;
  };
  const auth = clouds[cloud]?.auth;
  if (auth === undefined) throw new Error(`clouds.yaml has no ${cloud}.`);
  return OpenStackUser.signIn({
    authUrl: auth.auth_url,
    user: auth.username,
    password: auth.password,
    project: auth.project_name,
  });
}

/** Stores a raw image, by a file as its users do. */
async function store(user: OpenStackUser, bytes: Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const file = join(folder, 'base.raw');
    await writeFile(file, bytes);
    const image = { name: 'conformance-base', disk_format: 'raw', container_format: 'bare', visibility: 'private' };
    const { id } = await user.send<{ id: string }>('POST', 'image', '/images', image);
    await user.upload(id, file);
    return id;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe.skipIf(source === undefined).each(servers.split(','))('the real cloud GODWIT_CONFORMANCE_SOURCE with %s', (server) => {
  itIsASourceCloud(async () => {
    const cloud = (await openstack?.source?.(settings(source ?? ''))) as SourceCloud;
    return { cloud, server, close: () => cloud.close() };
  });
});

describe.skipIf(destination === undefined)('the real cloud GODWIT_CONFORMANCE_DESTINATION', () => {
  itIsADestinationCloud(async () => {
    const cloud = (await openstack?.destination?.(settings(destination ?? ''))) as DestinationCloud;
    const user = await userOf(destination ?? '');
    const stored: string[] = [];
    return {
      cloud,
      async storeImage(bytes) {
        const id = await store(user, bytes);
        stored.push(id);
        return id;
      },
      async close() {
        for (const id of stored) await user.send('DELETE', 'image', `/images/${id}`);
        await cloud.close();
      },
    };
  });
});
