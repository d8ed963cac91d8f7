import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../sender/model/plan.ts';
import type { Cloud } from './in-process.ts';
import { adminOf, order, type Seen, serversAt } from './shop-world.ts';

/** What the owner of a server does to it, and what must be seen before the campaign goes on. */
export interface Act {
  readonly what: string;
  readonly act: (cloud: Cloud, server: Seen) => Promise<void>;
  /** Nova's status of the server after it, from each of the two states it may be in; null: gone. */
  readonly until: { readonly running: string | null; readonly stopped: string | null };
}

/** An action of Nova that leads to the same state from both. */
export function ordered(what: string, action: string, until: string): Act {
  return { what, act: (cloud, server) => order(cloud, server, action), until: { running: until, stopped: until } };
}

export const deleted: Act = {
  what: 'deleted',
  act: async ({ user }, { id }) => void (await user.send('DELETE', 'compute', `/servers/${id}`)),
  until: { running: null, stopped: null },
};

export const started = ordered('started', 'os-start', 'ACTIVE');
export const shelved = ordered('shelved', 'shelve', 'SHELVED_OFFLOADED');

export const locked: Act = {
  what: 'locked',
  act: (cloud, server) => order(cloud, server, 'lock'),
  until: { running: 'ACTIVE', stopped: 'SHUTOFF' },
};

export const rebuilt: Act = {
  what: 'rebuilt from the same image',
  act: async (cloud, server) => {
    const { image } = (await cloud.user.get<{ server: { image: { id: string } } }>('compute', `/servers/${server.id}`)).server;
    await order(cloud, server, 'rebuild', { imageRef: image.id });
  },
  until: { running: 'ACTIVE', stopped: 'SHUTOFF' },
};

/** Rebuilt from the image of the shop's other server. */
export const rebuiltFromAnother: Act = {
  what: 'rebuilt from another image',
  act: async (cloud, server) => {
    const images = await cloud.user.list<{ id: string; name: string }>('image', '/images', 'images');
    await order(cloud, server, 'rebuild', { imageRef: images.find(({ name }) => name === 'disk of -web/é')?.id });
  },
  until: { running: 'ACTIVE', stopped: 'SHUTOFF' },
};

export const resized: Act = {
  what: 'resized',
  act: async (cloud, server) => {
    const admin = await adminOf(cloud);
    const flavor = { name: `larger-${server.id.slice(0, 4)}`, ram: 1024, vcpus: 2, disk: 0 };
    const made = await admin.send<{ flavor: { id: string } }>('POST', 'compute', '/flavors', { flavor });
    await (await adminOf(cloud)).send('POST', 'compute', `/servers/${server.id}/action`, {
      resize: { flavorRef: made.flavor.id },
    });
  },
  until: { running: 'VERIFY_RESIZE', stopped: 'VERIFY_RESIZE' },
};

export const resizedForGood: Act = {
  what: 'resized, and that is confirmed,',
  act: async (cloud, server) => {
    await resized.act(cloud, server);
    await expect.poll(() => statusAt(cloud, server.name), { timeout: 20_000 }).toBe('VERIFY_RESIZE');
    await order(cloud, server, 'confirmResize');
  },
  until: { running: 'ACTIVE', stopped: 'SHUTOFF' },
};

export const broken: Act = {
  what: 'in ERROR',
  act: async (cloud, { id }) => {
    await (await adminOf(cloud)).send('POST', 'compute', `/servers/${id}/action`, { 'os-resetState': { state: 'error' } });
  },
  until: { running: 'ERROR', stopped: 'ERROR' },
};

/** A server is taken out of its security groups. */
export const regrouped: Act = {
  what: 'taken out of its security groups',
  act: async ({ user }, { id }) => {
    const [port] = await user.list<{ id: string }>('network', `/ports?device_id=${id}`, 'ports');
    await user.send('PUT', 'network', `/ports/${port?.id}`, { port: { security_groups: [] } });
  },
  until: { running: 'ACTIVE', stopped: 'SHUTOFF' },
};

/** Has an owner act, and waits until that is seen and Nova is idle. */
export async function doneAt(cloud: Cloud, { act, until }: Act, server: Seen): Promise<void> {
  const wanted = server.status === 'ACTIVE' ? until.running : until.stopped;
  await act(cloud, server);
  const seen = async () => {
    const servers = await cloud.user.list<Seen & { 'OS-EXT-STS:task_state': string | null }>(
      'compute',
      '/servers/detail',
      'servers',
    );
    const found = servers.find(({ id }) => id === server.id);
    return found === undefined ? null : (found['OS-EXT-STS:task_state'] ?? found.status);
  };
  await expect.poll(seen, { timeout: 20_000 }).toBe(wanted);
}

/** The first server of the shop, as it is now. */
export async function firstAt(cloud: Cloud): Promise<Seen> {
  const [first] = await serversAt(cloud);
  if (first === undefined) throw new Error('There is no server.');
  return first;
}

/** The status of a server by its name; null where it is gone. */
export async function statusAt(cloud: Cloud, wanted: string): Promise<string | null> {
  return (await serversAt(cloud)).find(({ name }) => name === wanted)?.status ?? null;
}

/** The plan with `web 1` first. */
export function inOrder(text: string): string {
  const { waves, ...plan } = parse(text) as Plan;
  const sorted = waves.map(({ servers, ...wave }) => ({
    ...wave,
    servers: servers.toSorted((one, other) => (other.name ?? '').localeCompare(one.name ?? '')),
  }));
  return stringify({ ...plan, waves: sorted });
}
