import { expect, onTestFinished, test } from 'vitest';
import { Campaign } from '../../../../sender/campaign/campaign.ts';
import { Progress } from '../../../../sender/campaign/progress.ts';
import { statusOf } from '../../../../sender/campaign/status.ts';
import type { Foreseen } from '../../../../sender/migration/fact.ts';
import { changesOf } from '../../../../sender/report/changes.ts';
import { factText } from '../../../../sender/report/fact-text.ts';
import { reportPage } from '../../../../sender/report/page.ts';
import { reportOf } from '../../../../sender/report/report.ts';
import { reportText } from '../../../../sender/report/text.ts';
import type { Configurations } from '../../../../shared/model/configurations.ts';
import { aPlan, aResource, aTenant } from '../../../support/build.ts';
import { aFolder } from '../../../support/folder.ts';

const foreseen: Foreseen = {
  concerns: [{ code: 'port.left_out', severity: 'warning', says: 'The port vip is left out.', remedy: 'Make it by hand.' }],
  decisions: [
    { ref: 'network/net', action: 'adopt', id: 'n9', why: 'the plan maps it to there' },
    { ref: 'floating_ip/f1', action: 'skip', why: 'the plan says so' },
    { ref: 'image/i1', action: 'skip', why: 'a server comes with its own disk' },
  ],
};

async function aCampaign(document: Configurations, more: object = {}): Promise<Campaign> {
  const plan = { ...aPlan(document), ...more };
  const campaign = await Campaign.create(await aFolder(), plan, document, foreseen);
  onTestFinished(() => campaign.journal.close());
  return campaign;
}

test('a report names what was told before the start, skipped, adopted, mapped and changed', async () => {
  const document = aTenant(1);
  const flavor = document.flavors[0];
  const mappings = { ...aPlan(document).mappings, flavors: { [flavor?.id ?? '']: { to: 'larger' } } };
  const campaign = await aCampaign(document, { mappings });
  const details = { 'network/net': { differs: 'mtu is 1442, not 1450' } };
  await campaign.journal.append({ fact: 'done', server: null, phase: 'configure', learned: { counts: { network: 1 }, details } });
  const server = document.servers[0]?.id ?? '';
  const learned = { details: { [`server/${server}`]: { differs: 'config_drive is true, not false' } } };
  await campaign.journal.append({ fact: 'done', server, phase: 'create', learned });

  const changes = changesOf(campaign);
  expect(changes.leftOut).toEqual(['The port vip is left out.', 'floating IP f1: the plan says so']);
  expect(changes.adopted).toEqual(['network net: the plan maps it to there (n9)']);
  expect(changes.mapped).toEqual([`flavor ${flavor?.name} became larger`]);
  expect(changes.changed).toEqual([
    'network net: mtu is 1442, not 1450',
    expect.stringMatching(/^server .*: config_drive is true, not false$/),
  ]);

  const report = reportOf(campaign, 'moving');
  const text = reportText(report).join('\n');
  const page = reportPage(report);
  for (const says of Object.values(changes).flat()) {
    expect(text).toContain(says);
    expect(page).toContain(says);
  }
  expect(statusOf(campaign, new Progress(), new Map()).differences).toEqual([
    { ref: 'network/net', says: 'mtu is 1442, not 1450' },
    { ref: `server/${server}`, says: 'config_drive is true, not false' },
  ]);
  const log = campaign.journal.facts.map(factText).join('\n');
  expect(log).toContain('configure done; not as it was: network/net: mtu is 1442, not 1450');
});

test('a campaign in which nothing changed says so, and has no headings', async () => {
  const document = aTenant(1);
  const campaign = await Campaign.create(await aFolder(), aPlan(document), document, { concerns: [], decisions: [] });
  onTestFinished(() => campaign.journal.close());
  const report = reportOf(campaign, 'moving');
  expect(report.changes).toEqual({ leftOut: [], mapped: [], adopted: [], changed: [] });
  expect(reportText(report).join('\n')).not.toContain('Adopted');
  expect(reportPage(report)).toContain('<p>Nothing.</p>');
});

test('an image that moved is named once, with the servers that were made from it', async () => {
  const tenant = aTenant(2);
  const document = {
    ...tenant,
    servers: tenant.servers.map((server) => ({ ...server, image_id: 'i1' })),
    images: [aResource('image', { id: 'i1', name: 'golden', disk_id: 'i1.image' })],
    disks: [...tenant.disks, aResource('disk', { id: 'i1.image', server_id: 'i1', image_id: 'i1' })],
  };
  const campaign = await aCampaign(document, { images: [{ id: 'i1', name: 'golden' }] });
  expect(changesOf(campaign).mapped).toEqual([]);
  await campaign.journal.append({ fact: 'done', server: 'i1', phase: 'import', learned: { built: { 'image/i1': 'there' } } });
  expect(changesOf(campaign).mapped).toEqual([
    'image golden became there; the servers that were made from it show the images of their own disks (2): web 1, web 2',
  ]);
});
