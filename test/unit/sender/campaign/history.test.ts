import { expect, onTestFinished, test } from 'vitest';
import { Campaign } from '../../../../sender/campaign/campaign.ts';
import { historyOf } from '../../../../sender/campaign/history.ts';
import type { Fact } from '../../../../sender/migration/fact.ts';
import { coldForecastOf } from '../../../../sender/migration/forecast.ts';
import { downtimePhases } from '../../../../sender/migration/itinerary.ts';
import { aPlan, aTenant } from '../../../support/build.ts';
import { aFolder } from '../../../support/folder.ts';

test('a campaign that was rolled back has measured what a forecast would otherwise assume', async () => {
  const document = aTenant(1);
  const campaign = await Campaign.create(await aFolder(), aPlan(document), document);
  onTestFinished(() => campaign.journal.close());
  const assumed = coldForecastOf(3, historyOf(campaign)).assumed;
  const common = downtimePhases.filter(({ when }) => when === undefined);
  expect(assumed).toEqual(common.map(({ name }) => name));
  const sealed = { 's1.root': { size: 3, bytes_wire: 3 } };
  const facts = downtimePhases.flatMap(({ name }): Fact[] => [
    { fact: 'begun', server: 's1', phase: name },
    { fact: 'done', server: 's1', phase: name, learned: name === 'copy' ? { sealed } : {} },
  ]);
  for (const fact of [...facts, { fact: 'turned back', server: 's1' }, { fact: 'rolled back', server: 's1' }] as Fact[])
    await campaign.journal.append(fact);
  const [past, ...others] = historyOf(campaign);
  expect(others).toEqual([]);
  expect(past).toMatchObject({ sizeBytes: 3, partial: false });
  expect(Object.keys(past?.phases ?? {})).toEqual(downtimePhases.map(({ name }) => name));
  for (const fact of facts) await campaign.journal.append(fact);
  expect(historyOf(campaign).map(({ partial }) => partial)).toEqual([false, true]);
});
