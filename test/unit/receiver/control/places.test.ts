import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { place } from '../../../../receiver/control/commands/places.ts';
import type { ReceiverContext } from '../../../../receiver/control/context.ts';
import { openCloud } from '../../../../shared/cloud/open.ts';
import { parseConfigurations } from '../../../../shared/model/configurations.ts';
import { directClient } from '../../../support/direct-client.ts';
import { sectionOf } from '../../../support/in-process.ts';
import { aDocument } from '../../../support/protocol.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';
import { refusalOf } from '../session/paired-site.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

test('a campaign of an earlier release whose owner removed all of it by hand is ended by the word of an operator', async () => {
  const { world } = await template.world();
  const { user } = world.destination;
  const id = randomUUID();
  const campaign = await world.openCampaign(id);
  const networks = ['n1', 'n2'].map((name) => ({ id: name, name }));
  await campaign.configure(parseConfigurations({ ...aDocument(), campaign: id, networks }), () => undefined);
  for (const { id: network } of networks)
    await user.send('DELETE', 'network', `/networks/${campaign.built(`network/${network}`)}`);
  // Earlier releases did not note where a campaign builds.
  await rm(join(campaign.folder, 'place.json'));
  const kept = async () => (await campaign.removeAll()).kept.map(({ why }) => why);
  expect(await kept()).toEqual([1, 2].map(() => expect.stringContaining('nothing that this campaign built is there')));
  const cloud = await openCloud('destination', sectionOf(world.destination));
  const campaigns = { ids: async () => [id], known: async () => campaign };
  const daemon = directClient({ place }, { campaigns, cloud: async () => cloud } as unknown as ReceiverContext);
  expect((await refusalOf(daemon.place({ campaign: id, sure: false }))).says).toContain('2 things of it are gone');
  expect(await daemon.place({ campaign: id, sure: true })).toMatchObject({ gone: ['network/n1', 'network/n2'] });
  expect(await kept()).toEqual([]);
  expect(campaign.ledger.standing).toBe('removed');
  await cloud.close();
});
