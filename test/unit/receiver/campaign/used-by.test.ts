import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { ReceiverCampaign } from '../../../../receiver/campaign/campaign.ts';
import { usesBesides } from '../../../../receiver/campaign/used-by.ts';
import { parseConfigurations } from '../../../../shared/model/configurations.ts';
import { accessTo, Hand } from '../../../conformance/furnish.ts';
import { campaignsAt } from '../../../support/campaigns-at.ts';
import { aFolder } from '../../../support/folder.ts';
import type { Cloud, World } from '../../../support/in-process.ts';
import { aCampaign, aDocument } from '../../../support/protocol.ts';
import { adminOf, ShopTemplate } from '../../../support/shop-world.ts';
import { anSshKey } from '../../../support/ssh-server.ts';
import { zonesOf } from '../../shared/cloud/openstack/dns/a-zone.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

/** A campaign whose network side is built: values of the project that its plan carries. */
async function built(world: World, part: object): Promise<ReceiverCampaign> {
  const campaign = await world.openCampaign(aCampaign());
  const mappings = { quotas: 'carry', project: 'carry' };
  await campaign.configure(parseConfigurations({ ...aDocument(), campaign: campaign.id, mappings, ...part }), () => undefined);
  return campaign;
}

const cores = (limit: number): object => ({ quota_sets: [{ id: 'compute', name: 'compute', limits: { cores: limit } }] });

async function coresOf(cloud: Cloud): Promise<number> {
  const admin = await adminOf(cloud);
  const answer = await admin.send<{ quota_set: { cores: number } }>('GET', 'compute', `/os-quota-sets/${admin.projectId}`);
  return answer.quota_set.cores;
}

test('a rollback keeps a quota that an open campaign found high enough, and puts it back once that is over', async () => {
  const { world } = await template.world();
  const was = await coresOf(world.destination);
  const first = await built(world, cores(was + 20));
  const second = await built(world, cores(was + 10));
  const why = `Campaign ${second.id} needs it (cores ${was + 10}); commit it or roll it back first.`;
  expect(await first.removeAll()).toMatchObject({ kept: [{ ref: 'quota_set/compute', why }] });
  expect(await coresOf(world.destination)).toBe(was + 20);
  expect(await second.removeAll()).toMatchObject({ kept: [] });
  expect(await first.removeAll()).toMatchObject({ kept: [] });
  expect(await coresOf(world.destination)).toBe(was);
});

test('a rollback lowers a quota no further than a committed campaign needs', async () => {
  const { world } = await template.world();
  const was = await coresOf(world.destination);
  const first = await built(world, cores(was + 20));
  const second = await built(world, cores(was + 10));
  await second.ledger.reach('completed');
  await second.commit();
  expect(await first.removeAll()).toMatchObject({ kept: [], removed: ['quota_set/compute'] });
  expect(await coresOf(world.destination)).toBe(was + 10);
});

test('of two campaigns that raise one quota, the first to be rolled back waits for the other, and all is put back', async () => {
  const { world } = await template.world();
  const was = await coresOf(world.destination);
  const first = await built(world, cores(was + 10));
  const second = await built(world, cores(-1));
  expect(await first.removeAll()).toMatchObject({ kept: [{ ref: 'quota_set/compute' }] });
  expect(await coresOf(world.destination)).toBe(-1);
  await second.removeAll();
  expect(await coresOf(world.destination)).toBe(was + 10);
  await first.removeAll();
  expect(await coresOf(world.destination)).toBe(was);
});

test.each([
  ['the first', [0, 1, 0]],
  ['the second', [1, 0]],
])('of two rollbacks that were interrupted, and %s goes on first, the quota is put back', async (_which, turns) => {
  const { world } = await template.world();
  const was = await coresOf(world.destination);
  const both = [await built(world, cores(was + 10)), await built(world, cores(was + 20))];
  for (const one of both) await one.ledger.reach('removing');
  for (const turn of turns) await both[turn]?.removeAll();
  expect(await coresOf(world.destination)).toBe(was);
  expect(both.map(({ ledger }) => ledger.standing)).toEqual(['removed', 'removed']);
});

test('two rollbacks that replaced each other’s description do not wait for each other', async () => {
  const { world } = await template.world();
  const admin = await adminOf(world.destination);
  await admin.send('PATCH', 'identity', `/projects/${admin.projectId}`, { project: { description: 'One.' } });
  const text = (description: string) => ({ projects: [{ id: 'p', name: 'shop', description }] });
  const both = [await built(world, text('Two.')), await built(world, text('One.'))];
  for (const one of both) await one.ledger.reach('removing');
  for (const one of both) expect(await one.removeAll()).toMatchObject({ kept: [] });
});

test('a quota that was raised without a note of it, and that a committed campaign needs, is not put back', async () => {
  const { world } = await template.world();
  const { twin } = world.destination;
  const was = await coresOf(world.destination);
  twin.faults.set([{ do: 'status', status: 403, match: { method: 'PUT', path: '/os-quota-sets/' }, times: 1 }]);
  const first = await world.openCampaign(aCampaign());
  const document = { ...aDocument(), campaign: first.id, mappings: { quotas: 'carry' }, ...cores(was + 20) };
  await expect(first.configure(parseConfigurations(document), () => undefined)).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  const admin = await adminOf(world.destination);
  await admin.send('PUT', 'compute', `/os-quota-sets/${admin.projectId}`, { quota_set: { cores: was + 20 } });
  const second = await built(world, cores(was + 20));
  await second.ledger.reach('completed');
  await second.commit();
  expect(await first.removeAll()).toMatchObject({ kept: [] });
  expect(await coresOf(world.destination)).toBe(was + 20);
});

test('a campaign that needs no more than there was before stops no rollback', async () => {
  const { world } = await template.world();
  const was = await coresOf(world.destination);
  const first = await built(world, cores(was + 20));
  await built(world, cores(was));
  expect(await first.removeAll()).toMatchObject({ kept: [] });
  expect(await coresOf(world.destination)).toBe(was);
});

test('a keypair that an open campaign found stays, and so does one that a committed campaign found', async () => {
  const { world } = await template.world();
  const { user } = world.destination;
  const names = async () => (await user.list<{ keypair: { name: string } }>('compute', '/os-keypairs', 'keypairs')).length;
  const keypairs = [{ id: 'key', name: 'key', public_key: anSshKey().publicKey.trim() }];
  const first = await built(world, { keypairs });
  const second = await built(world, { keypairs });
  expect(await first.removeAll()).toMatchObject({ kept: [{ ref: 'keypair/key' }] });
  await second.ledger.reach('completed');
  await second.commit();
  expect(await first.removeAll()).toMatchObject({ kept: [], removed: [] });
  expect(first.ledger.standing).toBe('removed');
  expect(await names()).toBe(1);
});

test('a description that a committed campaign wanted as well stays, and a tag of the first alone goes', async () => {
  const { world } = await template.world();
  const text = (tags: readonly string[]) => ({ projects: [{ id: 'p', name: 'shop', description: 'The shop.', tags }] });
  const first = await built(world, text(['ours', 'both']));
  const second = await built(world, text(['both']));
  await second.ledger.reach('completed');
  await second.commit();
  expect(await first.removeAll()).toMatchObject({ kept: [] });
  const admin = await adminOf(world.destination);
  const { project } = await admin.send<{ project: object }>('GET', 'identity', `/projects/${admin.projectId}`);
  expect(project).toMatchObject({ description: 'The shop.', tags: ['both'] });
});

test('a DNS zone and its records that an open campaign adopted stay, and so do those that a committed one did', async () => {
  const { world } = await template.world('demo', { designate: true });
  const hand = new Hand(await accessTo(world.destination.twin.authUrl, 'demo', 'shop'));
  onTestFinished(() => hand.session.close());
  const zone = { id: 'z1', name: 'shop.example.', email: 'host@example.org', ttl: 600 };
  const record = {
    id: 'r1',
    name: 'www.shop.example.',
    zone_id: 'z1',
    type: 'A',
    records: ['203.0.113.9'],
    needs: ['dns_zone/z1'],
  };
  const part = { dns_zones: [zone], dns_record_sets: [record] };
  const first = await built(world, part);
  const before = await zonesOf(hand);
  const second = await built(world, { ...part, mappings: { dns_zones: { z1: { to: 'shop.example.' } } } });
  const kept = [{ ref: 'dns_record_set/r1' }, { ref: 'dns_zone/z1' }];
  expect(await first.removeAll()).toMatchObject({ kept });
  await second.ledger.reach('completed');
  await second.commit();
  expect(await first.removeAll()).toMatchObject({ kept: [], removed: [] });
  expect(await zonesOf(hand)).toEqual(before);
});

test('what another campaign adopts while a removal is under way is seen when its turn comes', async () => {
  const campaigns = campaignsAt(await aFolder(), () => Promise.reject(new Error('There is no cloud.')));
  const first = await campaigns.open(randomUUID());
  const second = await campaigns.open(randomUUID());
  for (const ref of ['dns_zone/z1', 'keypair/key'] as const) {
    await first.ledger.intend(ref, true);
    await first.ledger.built(ref, { id: 'Z', how: 'created' });
  }
  const judge = usesBesides(campaigns, first.id);
  expect(await judge(first.ledger.get('keypair/key'))).toMatchObject({ does: 'remove' });
  await second.ledger.built('dns_zone/other', { id: 'Z', how: 'adopted' });
  expect(await judge(first.ledger.get('dns_zone/z1'))).toMatchObject({ does: 'keep' });
  await second.ledger.reach('committed');
  expect(await usesBesides(campaigns, first.id)(first.ledger.get('dns_zone/z1'))).toEqual({ does: 'leave' });
});

test('a campaign without a ledger, and one that was removed, stop no rollback; one that cannot be read does', async () => {
  const state = await aFolder();
  const campaigns = campaignsAt(state, () => Promise.reject(new Error('There is no cloud.')));
  const first = await campaigns.open(randomUUID());
  await first.ledger.built('keypair/key', { id: 'key', how: 'created' });
  const judge = () => usesBesides(campaigns, first.id)(first.ledger.get('keypair/key'));
  await mkdir(join(state, 'campaigns', randomUUID()));
  expect(await judge()).toMatchObject({ does: 'remove' });
  const damaged = randomUUID();
  await mkdir(join(state, 'campaigns', damaged));
  await writeFile(join(state, 'campaigns', damaged, 'ledger.jsonl'), 'no fact\n{}\n');
  const why = expect.stringMatching(`^Campaign ${damaged} may need it, and .* cannot be read .*move its folder out`);
  expect(await judge()).toEqual({ does: 'keep', why });
  await mkdir(join(state, 'archive'));
  const ended = { format: 'godwit/ended', version: 1, state: 'removed', built: 0 };
  await writeFile(join(state, 'archive', `2026-01-01T00:00:00.000Z_${damaged}.json`), JSON.stringify(ended));
  expect(await judge()).toMatchObject({ does: 'remove' });
});
