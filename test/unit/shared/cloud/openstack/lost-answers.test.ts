import { describe, expect, test } from 'vitest';
import { inBuildOrder } from '../../../../../shared/model/build-order.ts';
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
};

describe('nothing is created twice', () => {
  test('although the answer to every first creation is lost', async () => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const paths = [
      ...collections.map((name) => `/v2.0/${name}$`),
      '/security-group-rules$',
      '/servers$',
      '/images$',
      '/os-keypairs$',
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
    const paths = [...collections.map((name) => `/v2.0/${name}$`), '/security-group-rules$', '/servers$', '/os-keypairs$'];
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
    for (const resource of campaign.tenant.resources) {
      const { how, id } = campaign.built.get(`${resource.kind}/${resource.id}`) ?? {};
      if (how !== 'adopted')
        expect(await campaign.cloud.differences(resource, id ?? '', campaign.context(resource))).toEqual({ fatal: [], told: [] });
    }
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
    const late = ['networks', 'routers', 'security-groups', 'floatingips'];
    twin.faults.set(late.map((name) => ({ do: 'late', ms: 6000, match: { method: 'POST', path: `/v2.0/${name}$` }, times: 1 })));
    await campaign.ensureAll();
    const twice = { networks: 2, routers: 2, 'security-groups': 3, floatingips: 2 };
    while (!isWhat(await census(hand), twice)) await new Promise((resolve) => setTimeout(resolve, 100));
    await campaign.removeAll();
    expect(await census(hand)).toEqual(before);
  }, 60_000);
});

function isWhat(counts: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>>): boolean {
  return Object.entries(wanted).every(([name, count]) => counts[name] === count);
}

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
