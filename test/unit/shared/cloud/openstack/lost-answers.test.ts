import { describe, expect, test } from 'vitest';
import { newImage } from '../../../../../shared/cloud/openstack/stamp.ts';
import { inBuildOrder } from '../../../../../shared/model/build-order.ts';
import { refOf } from '../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, aHand } from './a-destination.ts';

const collections = ['networks', 'subnets', 'routers', 'ports', 'security-groups', 'floatingips'] as const;

async function census(hand: Awaited<ReturnType<typeof aHand>>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of collections) {
    const list = await hand.ask<Record<string, { device_owner?: string; 'router:external'?: boolean }[]>>(
      'GET',
      'network',
      `/${name}`,
    );
    const all = list[name.replace('-', '_')] ?? [];
    counts[name] = all.filter((one) => one.device_owner !== 'network:dhcp' && one['router:external'] !== true).length;
  }
  counts['servers'] = (await hand.ask<{ servers: unknown[] }>('GET', 'compute', '/servers')).servers.length;
  counts['images'] = (await hand.ask<{ images: unknown[] }>('GET', 'image', '/images')).images.length;
  counts['keypairs'] = (await hand.ask<{ keypairs: unknown[] }>('GET', 'compute', '/os-keypairs')).keypairs.length;
  const groups = await hand.ask<{ server_groups: unknown[] }>('GET', 'compute', '/os-server-groups');
  counts['server_groups'] = groups.server_groups.length;
  return counts;
}

const whole = {
  networks: 1,
  subnets: 2,
  routers: 1,
  ports: 4,
  'security-groups': 2,
  floatingips: 1,
  servers: 2,
  images: 2,
  keypairs: 1,
  server_groups: 1,
};

/** What the campaign made is as it was wanted. */
async function expectAsWanted({ tenant, built, cloud, context }: Awaited<ReturnType<typeof aCampaign>>): Promise<void> {
  for (const resource of tenant.resources) {
    const { how, id } = built.get(`${resource.kind}/${resource.id}`) ?? {};
    if (how !== 'adopted')
      expect(await cloud.differences(resource, id ?? '', context(resource))).toEqual({ fatal: [], told: [] });
  }
}

describe('nothing is created twice', () => {
  test('although the answer to every first creation is lost', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const paths = [
      ...collections.map((name) => `/v2.0/${name}$`),
      '/security-group-rules$',
      '/servers$',
      '/images$',
      '/os-(keypairs|server-groups)$',
    ];
    twin.faults.set(paths.map((path) => ({ do: 'lost-answer', match: { method: 'POST', path }, times: 1 })));
    await campaign.ensureAll();
    expect(await census(await aHand(twin))).toEqual(whole);
    for (const resource of campaign.tenant.resources)
      if (campaign.built.get(`${resource.kind}/${resource.id}`)?.how !== 'adopted')
        expect(
          await campaign.cloud.differences(
            resource,
            campaign.context(resource).built(`${resource.kind}/${resource.id}`),
            campaign.context(resource),
          ),
        ).toEqual({ fatal: [], told: [] });
  }, 60_000);

  test('although a proxy gives every first creation up while the service goes on', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const paths = [
      ...collections.map((name) => `/v2.0/${name}$`),
      '/security-group-rules$',
      '/servers$',
      '/os-(keypairs|server-groups)$',
    ];
    twin.faults.set(paths.map((path) => ({ do: 'late', ms: 300, match: { method: 'POST', path }, times: 1 })));
    await campaign.ensureAll();
    expect(await census(await aHand(twin))).toEqual(whole);
  }, 60_000);

  test('although the campaign is cut between creation, tags and description, and then goes on', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const cuts = ['/tags$', '/(networks|subnets|routers|ports|security-groups|floatingips)/[^/]+$'];
    for (const resource of inBuildOrder(campaign.tenant.resources)) {
      for (const path of cuts) {
        twin.faults.set([{ do: 'status', status: 400, match: { method: 'PUT', path }, times: 1 }]);
        await campaign.ensure(resource).catch((error: unknown) => expect(error).toMatchObject({ code: 'E_CLOUD_REFUSED' }));
      }
      twin.faults.clear();
      await campaign.ensure(resource);
    }
    expect(await census(await aHand(twin))).toEqual(whole);
    await expectAsWanted(campaign);
  }, 60_000);

  test('although a proxy gives a creation up, and the service goes on for many seconds', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const paths = ['/v2.0/networks$', '/images$'];
    twin.faults.set(paths.map((path) => ({ do: 'late', ms: 5000, match: { method: 'POST', path }, times: 1 })));
    await campaign.ensureAll();
    expect(await census(await aHand(twin))).toEqual(whole);
  }, 120_000);

  test('although the answer to every change is lost once', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    for (const resource of inBuildOrder(campaign.tenant.resources)) {
      twin.faults.set([
        { do: 'lost-answer', match: { method: 'PUT', service: 'network' }, times: 1 },
        { do: 'lost-answer', match: { method: 'POST', path: '/(action|os-extra_specs)$' }, times: 1 },
      ]);
      await campaign.ensure(resource);
    }
    twin.faults.clear();
    expect(await census(await aHand(twin))).toEqual(whole);
    await expectAsWanted(campaign);
  }, 60_000);

  test('and what was made twice all the same is made once when all has moved; nothing else is touched', async () => {
    const twin = await aFurnishedTwin();
    const hand = await aHand(twin);
    const campaign = await aCampaign(twin);
    await campaign.ensureAll();
    const network = campaign.tenant.get('network');
    const disk = campaign.tenant.get('disk');
    const post = (name: string, body: object) => hand.ask('POST', 'network', `/${name}s`, { [name]: body });
    const description = `godwit ${campaign.id} network/${network.id}`;
    await post('network', { name: 'late', description });
    await post('network', { name: 'of another campaign', description: `godwit ${crypto.randomUUID()} network/${network.id}` });
    await post('network', { name: 'of a user', description: 'godwit' });
    const stamp = newImage(campaign.id, refOf('disk', disk.id));
    await hand.ask('POST', 'image', '/images', { name: 'late', disk_format: 'raw', container_format: 'bare', ...stamp });
    const built = new Map([...campaign.built].map(([ref, { id }]) => [ref, id]));
    const patience = { timeoutMs: 10_000, signal: AbortSignal.timeout(20_000) };
    expect(await campaign.cloud.sweep(campaign.id, built, patience)).toBe(2);
    expect(await census(hand)).toEqual({ ...whole, networks: 3 });
    expect(await campaign.cloud.sweep(campaign.id, built, patience)).toBe(0);
  }, 60_000);

  test('and everything that was created goes again', async () => {
    const twin = await aFurnishedTwin();
    const hand = await aHand(twin);
    const before = await census(hand);
    const campaign = await aCampaign(twin);
    await campaign.ensureAll();
    await campaign.removeAll();
    expect(await census(hand)).toEqual(before);
  }, 60_000);

  test('and with it what a creation made that was given up, and went on when another had been made in its place', async () => {
    const twin = await aFurnishedTwin();
    const hand = await aHand(twin);
    const before = await census(hand);
    const campaign = await aCampaign(twin);
    twin.faults.set([{ do: 'late', ms: 17_000, match: { method: 'POST', path: '/v2.0/networks$' }, times: 1 }]);
    await campaign.ensureAll();
    while ((await census(hand))['networks'] !== 2) await new Promise((resolve) => setTimeout(resolve, 100));
    await campaign.removeAll();
    expect(await census(hand)).toEqual(before);
  }, 60_000);
});

describe('a server', () => {
  test('that cannot be built tells the cloud’s message, is deleted, and is built by the next attempt', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const server = campaign.tenant.get('server');
    await campaign.ensureAll(server);
    twin.faults.set([{ do: 'server-error', message: 'No valid host was found.', times: 1 }]);
    await expect(campaign.ensure(server)).rejects.toMatchObject({
      code: 'E_SERVER_FAULT',
      message: expect.stringContaining('No valid host was found.'),
    });
    expect((await census(await aHand(twin)))['servers']).toBe(0);
    expect(await campaign.ensure(server)).toMatchObject({ how: 'created' });
  }, 30_000);
});

describe('a disk', () => {
  test.each([
    ['whose upload breaks off', { do: 'drop-after', bytes: 500_000 } as const],
    ['whose bytes are stored wrong', { do: 'corrupt' } as const],
    ['whose token expires at the upload', { do: 'status', status: 401 } as const],
    ['that the cloud is too busy to take', { do: 'status', status: 503 } as const],
  ])(
    '%s is uploaded again',
    async (_name, fault) => {
      const twin = await aFurnishedTwin();
      const campaign = await aCampaign(twin);
      const disk = campaign.tenant.get('disk');
      twin.faults.set([{ ...fault, match: { method: 'PUT', path: '/file$' }, times: 1 }]);
      const built = await campaign.ensure(disk);
      expect(await campaign.cloud.differences(disk, built.id, campaign.context(disk))).toEqual({ fatal: [], told: [] });
      expect((await census(await aHand(twin)))['images']).toBe(1);
    },
    30_000,
  );

  test('whose upload the end of a daemon cut is uploaded again as a whole by the next one', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const resource = campaign.tenant.get('disk');
    const context = campaign.context(resource);
    const end = new AbortController();
    const disk = {
      size: context.disk?.size ?? 0,
      read: async (offset: number, length: number) => {
        if (offset > 0) end.abort(new Error('The power is cut.'));
        return (await context.disk?.read(offset, length)) ?? Buffer.alloc(0);
      },
      close: async () => undefined,
    };
    const cut = campaign.cloud.ensure(resource, { ...context, disk, signal: end.signal });
    await expect(cut).rejects.toMatchObject({ code: 'E_CANCELLED' });
    const hand = await aHand(twin);
    expect((await census(hand))['images']).toBe(1);
    const built = await campaign.ensure(resource);
    expect(built.how).toBe('created');
    expect(await campaign.cloud.differences(resource, built.id, context)).toEqual({ fatal: [], told: [] });
    expect((await census(hand))['images']).toBe(1);
  }, 30_000);

  test('that the quota refuses says so, and leaves no image', async () => {
    const twin = await aFurnishedTwin();
    twin.faults.set([{ do: 'status', status: 413, match: { method: 'PUT', path: '/file$' } }]);
    const campaign = await aCampaign(twin);
    await expect(campaign.ensure(campaign.tenant.get('disk'))).rejects.toMatchObject({ code: 'E_QUOTA' });
    expect((await census(await aHand(twin)))['images']).toBe(0);
  }, 30_000);
});

describe('an address that the cloud’s own DHCP port took', () => {
  test('is given back to the server it belongs to', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const port = campaign.tenant.get('port');
    await campaign.ensureAll(port);
    const hand = await aHand(twin, 'admin');
    const holders = () =>
      hand.ask<{ ports: { device_owner: string; fixed_ips: { ip_address: string }[] }[] }>('GET', 'network', '/ports');
    const dhcp = (await holders()).ports.find((one) => one.device_owner === 'network:dhcp');
    expect(dhcp?.fixed_ips.map((ip) => ip.ip_address)).toContain('10.199.7.2');
    await campaign.ensure(port);
    const moved = (await holders()).ports.find((one) => one.device_owner === 'network:dhcp');
    expect(moved?.fixed_ips.map((ip) => ip.ip_address)).toEqual(['10.199.7.99']);
  }, 30_000);
});
