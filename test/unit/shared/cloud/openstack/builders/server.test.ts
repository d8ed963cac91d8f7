import { expect, test } from 'vitest';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

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
