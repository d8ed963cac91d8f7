import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Configurations, parseConfigurations } from '../../../../shared/model/configurations.ts';
import { aCampaign, aDocument } from '../../../support/protocol.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';
import { anSshKey } from '../../../support/ssh-server.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

const group = 'server_group/g1' as const;
const keypair = 'keypair/both' as const;
const public_key = anSshKey().publicKey.trim();

/** A document with a server group and a keypair, which carry no stamp. */
function aDocumentOf(campaign: string): Configurations {
  return parseConfigurations({
    ...aDocument(),
    campaign,
    server_groups: [{ id: 'g1', name: 'apart', policy: 'anti-affinity' }],
    keypairs: [{ id: 'both', name: 'both', type: 'ssh', public_key }],
  });
}

test.each([
  ['that has built it', true],
  ['that has begun to build one', false],
])('what a campaign claimed, and another one %s, is adopted, and no rollback of the first deletes it', async (_what, isBuilt) => {
  const { world } = await template.world();
  const { user } = world.destination;
  const first = await world.openCampaign(aCampaign());
  const second = await world.openCampaign(aCampaign());
  // The first has died between its note and its request.
  for (const ref of [group, keypair]) await first.ledger.intend(ref, true);
  if (isBuilt) await second.configure(aDocumentOf(second.id), () => undefined);
  else {
    for (const ref of [group, keypair]) await second.ledger.intend(ref, true);
    await user.send('POST', 'compute', '/os-server-groups', { server_group: { name: 'apart', policy: 'anti-affinity' } });
    await user.send('POST', 'compute', '/os-keypairs', { keypair: { name: 'both', public_key } });
  }
  await first.configure(aDocumentOf(first.id), () => undefined);
  for (const ref of [group, keypair]) expect(first.ledger.get(ref)).toMatchObject({ state: 'built', how: 'adopted' });
  await first.removeAll();
  expect(await user.list('compute', '/os-server-groups', 'server_groups')).toMatchObject([{ name: 'apart' }]);
  expect(await user.list('compute', '/os-keypairs', 'keypairs')).toMatchObject([{ keypair: { name: 'both' } }]);
});

test('what a campaign alone has claimed is its own, and a removal that finds it deletes it', async () => {
  const { world } = await template.world();
  const { user } = world.destination;
  const only = await world.openCampaign(aCampaign());
  await only.ledger.intend(group, true);
  await user.send('POST', 'compute', '/os-server-groups', { server_group: { name: 'apart', policy: 'anti-affinity' } });
  await only.configure(aDocumentOf(only.id), () => undefined);
  expect(only.ledger.get(group)).toMatchObject({ state: 'built', how: 'found' });
  await only.removeAll();
  expect(await user.list('compute', '/os-server-groups', 'server_groups')).toEqual([]);
});

test('a removal of what was only claimed does not take what another campaign has built', async () => {
  const { world } = await template.world();
  const { twin, user } = world.destination;
  const first = await world.openCampaign(aCampaign());
  const second = await world.openCampaign(aCampaign());
  await first.ledger.intend(group, true);
  twin.faults.set([{ do: 'status', status: 403, match: { method: 'GET', path: '/os-server-groups' }, times: 1 }]);
  await expect(first.configure(aDocumentOf(first.id), () => undefined)).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  expect(first.ledger.get(group)).toMatchObject({ state: 'intended' });
  await second.configure(aDocumentOf(second.id), () => undefined);
  await first.removeAll();
  expect(await user.list('compute', '/os-server-groups', 'server_groups')).toHaveLength(1);
});

test('a removal of what was only claimed does not take what a committed campaign has adopted', async () => {
  const { world } = await template.world();
  const { twin, user } = world.destination;
  const first = await world.openCampaign(aCampaign());
  const second = await world.openCampaign(aCampaign());
  for (const ref of [group, keypair]) await first.ledger.intend(ref, true);
  twin.faults.set([{ do: 'status', status: 403, match: { method: 'GET', path: '/os-(server-groups|keypairs)' }, times: 1 }]);
  await expect(first.configure(aDocumentOf(first.id), () => undefined)).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  await user.send('POST', 'compute', '/os-server-groups', { server_group: { name: 'apart', policy: 'anti-affinity' } });
  await user.send('POST', 'compute', '/os-keypairs', { keypair: { name: 'both', public_key } });
  await second.configure(aDocumentOf(second.id), () => undefined);
  for (const ref of [group, keypair]) expect(second.ledger.get(ref)).toMatchObject({ state: 'built', how: 'adopted' });
  await second.ledger.reach('completed');
  await second.commit();
  await first.removeAll();
  expect(await user.list('compute', '/os-server-groups', 'server_groups')).toHaveLength(1);
  expect(await user.list('compute', '/os-keypairs', 'keypairs')).toHaveLength(1);
});
