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
    expect(await campaign.cloud.differences(named, id, campaign.context(named))).toEqual([]);
  },
);
