import { expect, test } from 'vitest';
import { type Ref, refOf } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';
import { aVolumeOf } from '../a-volume-server.ts';

test.each([['w'], ['web_1'], ['web.example.com']])(
  'a server whose host name is %s is built, and the cloud makes a name that it takes',
  async (hostname) => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin);
    const server = campaign.tenant.get('server');
    await campaign.ensureAll(server);
    const named = { ...server, hostname };
    const { id } = await campaign.ensure(named);
    expect(await campaign.cloud.differences(named, id, campaign.context(named))).toEqual({
      fatal: [],
      told: [expect.stringMatching(/^hostname is ".+", not ".+"$/)],
    });
  },
);

test('a config drive that the cloud forces on every server is told, and does not stop the move', async () => {
  const twin = await aFurnishedTwin({ forceConfigDrive: true });
  const campaign = await aCampaign(twin);
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  const built = await campaign.ensure(server);
  expect(await campaign.cloud.differences(server, built.id, campaign.context(server))).toEqual({
    fatal: [],
    told: ['config_drive is true, not false'],
  });
});

test('a port that carries nothing though its server runs is told', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  twin.faults.set([{ do: 'ports-down', name: '.' }]);
  const built = await campaign.ensure(server);
  expect(built.differences.fatal).toEqual([]);
  expect(built.differences.told).toContainEqual(expect.stringMatching(/^status of port 10\.[0-9.]+ is "DOWN", not "ACTIVE"$/));
});

test('a config drive that the guest had and the cloud did not make is a difference', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  const { id } = await campaign.ensure(server);
  const wanted = { ...server, config_drive: true };
  expect(await campaign.cloud.differences(wanted, id, campaign.context(wanted))).toEqual({
    fatal: ['config_drive is false, not true'],
    told: [],
  });
});

test('a server is compared as it was seen when it was ready, and not read once more for that', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  const { id } = await campaign.ensure(server);
  const before = twin.requests.length;
  const again = await campaign.ensure({ ...server, config_drive: true });
  const reads = twin.requests.slice(before).filter(({ method, path }) => method === 'GET' && path.endsWith(`/servers/${id}`));
  expect(reads).toHaveLength(1);
  expect(again).toMatchObject({ id, how: 'found', differences: { fatal: ['config_drive is false, not true'], told: [] } });
});

/** A server of the sample tenant with a volume that goes with it, before the server is built. */
async function aServerWithVolume() {
  const twin = await aFurnishedTwin();
  const hand = await aHand(twin);
  const campaign = await aCampaign(twin);
  const plain = campaign.tenant.get('server', 1);
  await campaign.ensureAll(plain);
  const volume = await aVolumeOf(hand, { name: 'data' });
  campaign.built.set(refOf('volume', 'data'), { id: volume, how: 'created' });
  const data = { volume_id: 'data', boot_index: null, device: '', tag: null, delete_on_termination: true };
  const server = { ...plain, volumes: [data] };
  const flags = async (id: string): Promise<boolean[]> => {
    const path = `/servers/${id}/os-volume_attachments`;
    const { volumeAttachments } = await hand.ask<{ volumeAttachments: { delete_on_termination: boolean }[] }>(
      'GET',
      'compute',
      path,
    );
    return volumeAttachments.map(({ delete_on_termination }) => delete_on_termination);
  };
  return { twin, hand, campaign, volume, server, flags };
}

test('a server that failed is deleted without its volumes, and another is made of them', async () => {
  const { twin, campaign, server, flags } = await aServerWithVolume();
  const { id } = await campaign.ensure(server);
  expect(await flags(id)).toEqual([true]);
  const admin = await aHand(twin, 'admin');
  await admin.ask('POST', 'compute', `/servers/${id}/action`, { 'os-resetState': { state: 'error' } });
  const next = await campaign.ensure(server);
  expect(next.id).not.toBe(id);
  expect(await flags(next.id)).toEqual([true]);
});

test('no volume goes with a server that could not be stopped as its source was', async () => {
  const { twin, campaign, hand, server, flags } = await aServerWithVolume();
  twin.faults.set([{ do: 'status', status: 400, match: { service: 'compute', method: 'POST', body: 'os-stop' } }]);
  await expect(campaign.ensure(server)).rejects.toMatchObject({ code: 'E_CLOUD_REFUSED' });
  const { servers } = await hand.ask<{ servers: { id: string; name: string }[] }>('GET', 'compute', '/servers');
  const made = servers.find(({ name }) => name === server.name);
  expect(await flags(made?.id ?? '')).toEqual([false]);
});

test('a server that has another flavor than its own became is told of it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  const { id } = await campaign.ensure(server);
  const admin = await aHand(twin, 'admin');
  const { flavors } = await admin.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const is = await admin.ask<{ server: { flavor: { original_name: string } } }>('GET', 'compute', `/servers/${id}`);
  const other = flavors.find(({ name }) => name !== is.server.flavor.original_name);
  const context = campaign.context(server);
  const moved = { ...context, built: (ref: Ref) => (ref.startsWith('flavor/') ? (other?.id ?? '') : context.built(ref)) };
  const { told } = await campaign.cloud.differences(server, id, moved);
  expect(told).toEqual([`flavor_id is ${JSON.stringify(is.server.flavor.original_name)}, not ${JSON.stringify(other?.name)}`]);
});
