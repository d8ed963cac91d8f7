import { afterAll, beforeAll, expect, test } from 'vitest';
import { OpenStackUser } from '../support/openstack-user.ts';
import { censusOf } from '../support/shop.ts';
import { refusedBy, TwoClouds } from '../support/two-clouds.ts';
import type { Fault } from '../twin/faults.ts';

let clouds: TwoClouds;
let admins: { readonly source: OpenStackUser; readonly destination: OpenStackUser };
/**
 * The server that every failure is about, and one that is stopped already and comes after it in the
 * plan.
 */
let running: string;
let stopped: string;
/** The one campaign that meets one trouble after the other. */
let campaign: string;

/** A floating address that is free when the campaign starts. */
const address = '203.0.113.77';

beforeAll(async () => {
  clouds = await TwoClouds.open();
  const signIn = (authUrl: string) => OpenStackUser.signIn({ authUrl, user: 'admin', password: 'twin', project: 'admin' });
  const source = clouds.source.twin.authUrl;
  const destination = clouds.destination.twin.authUrl;
  admins = { source: await signIn(source), destination: await signIn(destination) };
  const servers = clouds.plan.waves[0]?.servers ?? [];
  running = servers.find(({ name }) => name === 'web 1')?.id ?? '';
  stopped = servers.find(({ id }) => id !== running)?.id ?? '';
  await act(stopped, { 'os-stop': null }, 'SHUTOFF');
});
afterAll(() => clouds?.close());

/** Lets a source server's owner, or the admin, do something, and waits for its state. */
async function act(id: string, action: object, state: string, user = clouds.source.user): Promise<void> {
  await user.send('POST', 'compute', `/servers/${id}/action`, action);
  await clouds.source.user.until(`Server ${id} in state ${state}`, async () => {
    const { server } = await clouds.source.user.get<{ server: Record<string, unknown> }>('compute', `/servers/${id}`);
    return server['status'] === state && server['OS-EXT-STS:task_state'] === null ? true : undefined;
  });
}

async function floatingIpOf(user: OpenStackUser): Promise<string> {
  const [external] = await user.list<{ id: string }>('network', '/networks?router:external=true', 'networks');
  const floatingip = { floating_network_id: external?.id, floating_ip_address: address };
  return (await user.send<{ floatingip: { id: string } }>('POST', 'network', '/floatingips', { floatingip })).floatingip.id;
}

interface Trouble {
  readonly destination?: readonly Fault[];
  readonly source?: readonly Fault[];
  /** What somebody else does meanwhile, and how it is put right. */
  readonly meanwhile?: () => Promise<() => Promise<unknown>>;
  readonly code: string;
  readonly exit: number;
  readonly says: RegExp;
}

const state = (action: object, becomes: string, back: object, says: RegExp): Trouble => ({
  meanwhile: async () => {
    await act(running, action, becomes);
    return () => act(running, back, 'ACTIVE');
  },
  code: 'E_SERVER_STATE',
  exit: 22,
  says,
});

const refused = (status: number, method: string, path: string): Fault => ({
  do: 'status',
  status,
  match: { service: 'image', method, path },
});

const troubles: Readonly<Record<string, Trouble>> = {
  'an image that the cloud refuses to create': {
    destination: [refused(403, 'POST', '/images$')],
    code: 'E_FORBIDDEN',
    exit: 20,
    says: /403/,
  },
  'an upload that the cloud refuses': {
    destination: [refused(413, 'PUT', '/file$')],
    code: 'E_QUOTA',
    exit: 21,
    says: /413/,
  },
  'a guest that ignores its power button': {
    source: [{ do: 'stop-ignored', name: 'web 1' }],
    code: 'E_CLOUD_TIMEOUT',
    exit: 20,
    says: /SHUTOFF did not come about within 1 s/,
  },
  'a server that was locked': state({ lock: null }, 'ACTIVE', { unlock: null }, /web 1 is locked/),
  'a server that was paused': state({ pause: null }, 'PAUSED', { unpause: null }, /web 1 is PAUSED/),
  'a server that was shelved': state({ shelve: null }, 'SHELVED_OFFLOADED', { unshelve: null }, /web 1 is SHELVED/),
  'a server in ERROR': {
    meanwhile: async () => {
      await act(running, { 'os-resetState': { state: 'error' } }, 'ERROR', admins.source);
      return () => act(running, { 'os-resetState': { state: 'active' } }, 'ACTIVE', admins.source);
    },
    code: 'E_SERVER_STATE',
    exit: 22,
    says: /web 1 is ERROR/,
  },
  'a quota that became zero': {
    meanwhile: async () => {
      const set = (instances: number) =>
        clouds.destination.twin.faults.set([{ do: 'quota', service: 'compute', set: { instances } }]);
      set(0);
      return async () => set(10);
    },
    code: 'E_QUOTA',
    exit: 21,
    says: /Quota exceeded/,
  },
  'a flavor that is gone': {
    meanwhile: async () => {
      clouds.destination.twin.faults.set([{ do: 'delete-flavor', flavor: 'm1.tiny' }]);
      const flavor = { name: 'm1.tiny', vcpus: 1, ram: 512, disk: 0 };
      return () => admins.destination.send('POST', 'compute', '/flavors', { flavor });
    },
    code: 'E_DRIFT',
    exit: 21,
    says: /m1\.tiny/,
  },
  'a server that the destination cannot build': {
    destination: [{ do: 'server-error', name: 'web 1', message: 'No valid host was found.' }],
    code: 'E_SERVER_FAULT',
    exit: 22,
    says: /No valid host/,
  },
  'an address that somebody took': {
    meanwhile: async () => {
      const id = await floatingIpOf(admins.destination);
      return () => admins.destination.send('DELETE', 'network', `/floatingips/${id}`);
    },
    code: 'E_CONFLICT',
    exit: 21,
    says: new RegExp(address.replaceAll('.', '\\.')),
  },
};

/**
 * The good plan with the stopped server behind the running one, the floating IP at a chosen
 * address, and little patience.
 */
function thePlan(): object {
  const floating_ips = Object.fromEntries(
    Object.entries(clouds.plan.mappings.floating_ips).map(([id, entry]) => [id, { ...entry, to: address }]),
  );
  return {
    ...clouds.plan,
    options: { ...clouds.plan.options, parallel: 1, stop_timeout_seconds: 1 },
    waves: [{ name: 'wave-1', servers: [{ id: running }, { id: stopped }] }],
    mappings: { ...clouds.plan.mappings, floating_ips },
  };
}

test('an address that was taken between plan and run blocks before any write', async () => {
  const id = await floatingIpOf(admins.destination);
  const refusal = await clouds.refusalOf(thePlan());
  await admins.destination.send('DELETE', 'network', `/floatingips/${id}`);
  expect(refusal).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
  expect(refusal.says).toContain(`floating_ip.taken`);
});

/**
 * What the operator reads, and the states of the source's servers then. The first failure begins
 * the campaign, every other one resumes it.
 */
async function metWith(end: (() => Promise<unknown>) | undefined) {
  try {
    const args = campaign === undefined ? ['migrate', await clouds.planFile(thePlan())] : ['resume', campaign];
    const problem = await refusedBy(clouds.sender, [...args, '--watch']);
    campaign ??= (await clouds.daemon.status()).campaigns[0]?.id ?? '';
    return { problem, after: await clouds.sourceStates() };
  } finally {
    await end?.();
    clouds.destination.twin.faults.clear();
    clouds.source.twin.faults.clear();
  }
}

test.each(Object.entries(troubles))(
  '%s stops the campaign with a problem, and leaves the source as it was',
  async (_, trouble) => {
    clouds.destination.twin.faults.set(trouble.destination ?? []);
    clouds.source.twin.faults.set(trouble.source ?? []);
    const end = await trouble.meanwhile?.();
    const before = await clouds.sourceStates();
    const { problem, after } = await metWith(end);
    expect(problem).toMatchObject({ code: trouble.code, exit: trouble.exit });
    expect(problem.says).toMatch(trouble.says);
    expect(problem.hint).not.toBe('');
    expect(after).toEqual(before);
    expect(await clouds.campaign(campaign)).toMatchObject({ state: 'failed', problem: { code: trouble.code } });
  },
);

test('with every trouble gone the same campaign arrives, although every token expires in mid-upload; the stopped server stays stopped', async () => {
  const { destination, daemon } = clouds;
  destination.twin.faults.set([{ do: 'delay', ms: 400, match: { service: 'image', method: 'PUT', path: '/file$' }, times: 1 }]);
  await daemon.resume({ campaign });
  await clouds.untilPhase(campaign, 'import');
  destination.twin.faults.set([{ do: 'expire-tokens' }]);
  clouds.source.twin.faults.set([{ do: 'expire-tokens' }]);
  expect(await clouds.rest(campaign)).toMatchObject({ state: 'ready' });
  const there = await censusOf(await clouds.again('destination'));
  expect(there.statuses).toEqual(['ACTIVE', 'SHUTOFF']);
  expect(Object.keys(there.images)).toHaveLength(2);
  expect(there.ids['servers']).toHaveLength(2);
});

test('and is taken back: what ran runs, what was stopped is stopped, and nothing of it is left', async () => {
  await clouds.daemon.rollback({ campaign });
  expect(await clouds.rest(campaign)).toMatchObject({ state: 'rolled back' });
  expect((await censusOf(await clouds.again('source'))).statuses).toEqual(['ACTIVE', 'SHUTOFF']);
  const { ids } = await censusOf(await clouds.again('destination'));
  expect(ids['servers']).toEqual([]);
  expect(ids['images']).toEqual([]);
});
