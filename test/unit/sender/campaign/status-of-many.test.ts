import { expect, test } from 'vitest';
import { Campaign } from '../../../../sender/campaign/campaign.ts';
import { Progress } from '../../../../sender/campaign/progress.ts';
import { statusOf } from '../../../../sender/campaign/status.ts';
import { aFolder } from '../../../support/folder.ts';
import { writePastCampaign } from '../../../support/past-campaign.ts';

test('the status of a campaign of 1,000 servers is made in less than 50 ms of processor time', async () => {
  const state = await aFolder();
  const campaign = await Campaign.open(state, await writePastCampaign(state, 1000));
  if (campaign === null) throw new Error('It was just written.');
  const looks = Array.from({ length: 3 }, () => {
    const before = process.threadCpuUsage();
    const { moves } = statusOf(campaign, new Progress(), new Map());
    expect(moves.filter(({ state: is }) => is === 'moved')).toHaveLength(1000);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  });
  await campaign.journal.close();
  console.log(`a look at 1,000 servers: ${looks.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  // The first one also reads the journal, and is compiled.
  expect(Math.min(...looks)).toBeLessThan(50);
});
