import { expect, test } from 'vitest';
import { existing } from '../../../../../../shared/cloud/openstack/builders/existing.ts';
import { Site } from '../../../../../../shared/cloud/openstack/builders/site.ts';
import type { Hand } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

const signal = () => AbortSignal.timeout(15_000);

async function aGroup(hand: Hand): Promise<string> {
  const security_group = { name: 'web' };
  return (await hand.ask<{ security_group: { id: string } }>('POST', 'network', '/security-groups', { security_group }))
    .security_group.id;
}

test('a group that the plan names is one of this project, also for an admin who sees another project’s of that name', async () => {
  const twin = await aFurnishedTwin();
  const foreign = await aGroup(await aHand(twin, 'demo'));
  const admin = await aHand(twin, 'admin', 'admin');
  const site = new Site(admin.session);
  const chosen = () => existing(site, 'security_groups', 'web', 'security_group/g1', signal());
  await expect(chosen()).rejects.toMatchObject({ code: 'E_UNMAPPED' });
  const own = await aGroup(admin);
  expect(await chosen()).toMatchObject({ id: own });
  expect(await existing(site, 'security_groups', foreign, 'security_group/g1', signal())).toMatchObject({ id: foreign });
});

test('a network of others that is shared or external can be named', async () => {
  const twin = await aFurnishedTwin();
  const { session } = await aHand(twin, 'demo');
  expect(await existing(new Site(session), 'networks', 'ext', 'network/n1', signal())).toMatchObject({ name: 'ext' });
});
