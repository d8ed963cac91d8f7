import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { findEarlier } from '../../../../receiver/campaign/earlier.ts';
import type { Plan } from '../../../../sender/model/plan.ts';
import { aDocument, aNetwork } from '../../../support/build.ts';
import { aFolder } from '../../../support/folder.ts';
import { beginMigration, type Cloud, type SenderLife, untilState } from '../../../support/in-process.ts';
import { ShopTemplate, untilServers } from '../../../support/shop-world.ts';
import type { LoggedRequest } from '../../../twin/server.ts';
import { someCampaigns } from '../session/paired-site.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('a server that was left out joins its neighbours: a second campaign adopts what the first built and writes nothing of it, and its rollback keeps that', async () => {
  const { world, sender } = await template.world();
  const first = await beginMigration(sender, only('web 1'));
  await untilState(sender, 'ready');
  const early = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(early.concerns.filter(({ code }) => code === 'campaign.uncommitted')).toHaveLength(1);
  await sender.daemon.commit({ campaign: first, deleteSource: false });
  await untilState(sender, 'committed');
  const before = await networkSideOf(world.destination);
  const { plan, concerns, decisions } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  expect(concerns.map(({ code }) => code)).not.toContain('security_group.widened');
  const made = decisions.filter(({ action }) => action === 'create').map(({ ref }) => ref.split('/')[0]);
  expect(new Set(made)).toEqual(new Set(['disk', 'port', 'server']));
  expect(plan).toContain('routers:');
  const { requests } = world.destination.twin;
  const heard = requests.length;
  const { campaign: second } = await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} });
  await untilCampaign(sender, second, 'ready');
  expect(writesIn(requests.slice(heard))).toEqual([
    'POST /compute/v2.1/servers',
    'POST /image/v2/images',
    'POST /network/v2.0/ports',
    'PUT /image/v2/images/ID/file',
    'PUT /network/v2.0/ports/ID',
    'PUT /network/v2.0/ports/ID/tags',
  ]);
  expect(await networkSideOf(world.destination)).toEqual(before);
  await untilServers(world.destination, [
    ['web 1', 'ACTIVE', false],
    ['-web/é', 'ACTIVE', false],
  ]);
  const { built, adopted, toBuild } = await statusOf(sender, second);
  expect({ built, adopted }).toEqual({ built: 0, adopted: toBuild });
  await sender.daemon.rollback({ campaign: second });
  await untilCampaign(sender, second, 'rolled back');
  expect(await networkSideOf(world.destination)).toEqual(before);
  await untilServers(world.destination, [['web 1', 'ACTIVE', false]]);
});

test('a plan that maps a network whose router it creates is told that the address is taken, and a mapped router takes what it lacks', async () => {
  const { world, sender } = await template.world();
  const { user } = world.destination;
  const { network } = await user.send<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: { name: 'front' },
  });
  const wanted = { name: 'there', network_id: network.id, ip_version: 4, cidr: '10.20.0.0/24' };
  const { subnet } = await user.send<{ subnet: { id: string } }>('POST', 'network', '/subnets', { subnet: wanted });
  const [external] = await user.list<{ id: string }>('network', '/networks?router:external=true', 'networks');
  const gateway = { name: 'theirs', external_gateway_info: { network_id: external?.id } };
  const { router } = await user.send<{ router: { id: string } }>('POST', 'network', '/routers', { router: gateway });
  const attached = { subnet_id: subnet.id };
  await user.send('PUT', 'network', `/routers/${router.id}/add_router_interface`, attached);
  const onto = (target: Plan): Plan => ({
    ...target,
    mappings: { ...target.mappings, networks: toEach(target, 'front', network.id) },
  });
  const refused = beginMigration(sender, edited(onto));
  await expect(refused).rejects.toMatchObject({ code: 'E_BLOCKED', message: expect.stringContaining('mappings.routers') });
  await user.send('PUT', 'network', `/routers/${router.id}/remove_router_interface`, attached);
  const { document } = await sender.daemon.capture({ project: undefined, servers: [] });
  const routers = Object.fromEntries(document.routers.map(({ id }) => [id, { to: 'theirs' }]));
  const mapped = edited((plan) => ({ ...onto(plan), mappings: { ...onto(plan).mappings, routers } }));
  const campaign = await beginMigration(sender, mapped);
  await untilState(sender, 'ready');
  const legs = () => user.list('network', `/ports?device_id=${router.id}&network_id=${network.id}`, 'ports');
  expect(await legs()).toHaveLength(1);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await legs()).toEqual([]);
  expect(await user.list<{ name: string }>('network', '/routers', 'routers')).toMatchObject([gateway]);
});

test('of what two campaigns built for one network, the one that stands is found, no campaign is opened, and one that is damaged is named', async () => {
  const state = await aFolder();
  const owner = 'a'.repeat(64);
  const before = someCampaigns(state);
  const one = randomUUID();
  const other = randomUUID();
  const damaged = randomUUID();
  for (const id of [one, other, damaged]) {
    const { ledger } = await before.openFor(owner, id);
    await ledger.intend('network/n1');
    await ledger.built('network/n1', { id: `of ${id}`, how: 'created' });
    await ledger.reach('committed');
  }
  await before.close();
  await writeFile(join(state, 'campaigns', damaged, 'ledger.jsonl'), 'no ledger\n{}\n');
  const campaigns = someCampaigns(state);
  const document = aDocument({ networks: [aNetwork({ id: 'n1' })] });
  for (const standing of [one, other]) {
    const cloud = { isThere: async (_: string, id: string) => id === `of ${standing}` };
    const { earlier, concerns } = await findEarlier(campaigns, owner, document, cloud, new AbortController().signal);
    expect(earlier.map(({ ref, campaign }) => [ref, campaign])).toEqual([['network/n1', standing]]);
    expect(concerns).toMatchObject([
      { code: 'campaign.unreadable', severity: 'warning', says: expect.stringContaining(damaged) },
    ]);
  }
  for (const id of [one, other, damaged]) expect(await campaigns.opened(id)).toBeUndefined();
});

function edited(edit: (plan: Plan) => Plan): (text: string) => string {
  return (text) => stringify(edit(parse(text) as Plan));
}

function only(name: string): (text: string) => string {
  return edited(({ waves, ...plan }) => ({
    ...plan,
    waves: waves.map((wave) => ({ ...wave, servers: wave.servers.filter((server) => server.name === name) })),
  }));
}

function toEach({ mappings }: Plan, name: string, to: string): Plan['mappings']['networks'] {
  const entries = Object.entries(mappings.networks).map(([id, one]) => [id, one.name === name ? { name, to } : one]);
  return Object.fromEntries(entries) as Plan['mappings']['networks'];
}

/** What was written, each once, without ids. */
function writesIn(requests: readonly LoggedRequest[]): string[] {
  const writes = requests.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/identity'));
  const said = writes.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/g, 'ID')}`);
  return [...new Set(said)].toSorted((a, b) => a.localeCompare(b));
}

/** The ids of what a project has beside servers and their ports. */
async function networkSideOf({ user }: Cloud): Promise<readonly (readonly string[])[]> {
  const kinds = [
    'networks',
    'subnets',
    'routers',
    'address-scopes',
    'subnetpools',
    'address-groups',
    'security-groups',
    'security-group-rules',
  ];
  const lists = kinds.map((kind) => user.list<{ id: string }>('network', `/${kind}`, kind.replaceAll('-', '_')));
  return (await Promise.all(lists)).map((list) => list.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b)));
}

async function statusOf({ daemon }: SenderLife, id: string) {
  const campaign = (await daemon.status()).campaigns.find((one) => one.id === id);
  if (campaign === undefined) throw new Error(`There is no campaign ${id}.`);
  return campaign;
}

async function untilCampaign(sender: SenderLife, id: string, wanted: string): Promise<void> {
  const seen = async () => {
    const { state, problem } = await statusOf(sender, id);
    return state === 'failed' ? `failed: ${problem?.says}` : state;
  };
  await expect.poll(seen, { timeout: 50_000 }).toBe(wanted);
}
