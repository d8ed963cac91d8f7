import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readMarker, summaryOfServer } from '../../../../shared/model/marker.ts';
import { beginMigration, type SenderLife, untilState, World } from '../../../support/in-process.ts';
import { PlainDestination } from '../../../support/plain-destination.ts';
import { censusOf, countsOf, makeShop, shopServers } from '../../../support/shop.ts';

let dir: string;
let world: World;
let sender: SenderLife;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plain-'));
  await makeShop(dir);
  world = await World.open(dir, join(dir, 'world'));
  world.destinationAs = (cloud) => new PlainDestination(cloud);
  world.startReceiver();
  sender = await world.startSender();
});

afterEach(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

test('a receiver that names no address groups is sent none, with no rule that needs one, and the plan tells both', async () => {
  world.destinationAs = (cloud) => new PlainDestination(cloud, ['address_group']);
  const { concerns, decisions } = await sender.daemon.plan({ servers: [] });
  expect(unsupported(concerns)).toEqual(
    expect.arrayContaining(['warning address_group.unsupported', 'warning security_group_rule.unsupported']),
  );
  const { document } = await sender.daemon.capture({ servers: [] });
  const group = document.address_groups[0]?.id ?? '';
  const rule = document.security_group_rules.find((one) => one.remote_address_group_id === group)?.id ?? '';
  expect(decisions).toEqual(
    expect.arrayContaining([
      { ref: `address_group/${group}`, action: 'skip', why: 'the destination has no address groups' },
      { ref: `security_group_rule/${rule}`, action: 'skip', why: `it needs address_group/${group}, which is left out` },
    ]),
  );
  await beginMigration(sender);
  await untilState(sender, 'ready');
  const { ids } = await censusOf(world.destination);
  expect(ids['address_groups']).toEqual([]);
  const rules = await world.destination.user.list<{ port_range_min: number | null }>(
    'network',
    '/security-group-rules',
    'security_group_rules',
  );
  expect(rules.map(({ port_range_min }) => port_range_min)).not.toContain(22);
});

const unsupported = (concerns: readonly { code: string; severity: string }[]) =>
  concerns.filter(({ code }) => code.endsWith('.unsupported')).map(({ code, severity }) => `${severity} ${code}`);

test('a plan for a destination without flavors, keypairs and floating IPs names the cost of each, and maps none of them', async () => {
  const { concerns, decisions, plan } = await sender.daemon.plan({ servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  expect(unsupported(concerns).sort()).toEqual([
    'warning flavor.unsupported',
    'warning floating_ip.unsupported',
    'warning keypair.unsupported',
  ]);
  const skipped = decisions.filter(({ action }) => action === 'skip').map(({ ref }) => ref.slice(0, ref.indexOf('/')));
  expect(new Set(skipped)).toEqual(new Set(['flavor', 'floating_ip', 'image', 'keypair']));
  expect(plan).toMatch(/flavors: \{\}/);
  expect(plan).toMatch(/floating_ips: \{\}/);
});

test('a tenant is rebuilt there without them, and a rollback leaves nothing behind', async () => {
  const before = await censusOf(world.destination);
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  expect((await sender.daemon.status()).campaigns[0]?.differences).toEqual([]);
  const after = await censusOf(world.destination);
  expect(after.statuses).toEqual(shopServers.map(() => 'ACTIVE'));
  const made = countsOf(after);
  const were = countsOf(before);
  const source = countsOf(await censusOf(world.source));
  expect(made['routers']).toBe(source['routers']);
  expect(made['security_groups']).toBe(source['security_groups']);
  expect([made['keypairs'], made['floatingips']]).toEqual([were['keypairs'], were['floatingips']]);
  const servers = await world.destination.user.list<{ key_name: string | null; flavor: { vcpus: number; ram: number } }>(
    'compute',
    '/servers/detail',
    'servers',
  );
  const there = await world.source.user.list<{ flavor: { vcpus: number; ram: number } }>('compute', '/servers/detail', 'servers');
  expect(servers.map(({ key_name, flavor }) => [key_name, flavor.vcpus, flavor.ram])).toEqual(
    there.map(({ flavor }) => [null, flavor.vcpus, flavor.ram]),
  );
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await censusOf(world.destination)).ids).toEqual(before.ids);
  expect((await censusOf(world.source)).statuses).toEqual(shopServers.map(() => 'ACTIVE'));
});

test('a bundle is imported there without them, and again when it is imported twice', async () => {
  const { campaign } = await sender.daemon.beginExport({ servers: [] });
  await untilState(sender, 'ready');
  const pieces: Buffer[] = [];
  for await (const piece of sender.daemon.bundle({ campaign }, AbortSignal.timeout(60_000))) pieces.push(piece);
  const bundle = Buffer.concat(pieces);
  const were = countsOf(await censusOf(world.destination));
  expect(await world.importBundle(bundle)).toContain('All 2 servers are here.');
  const once = await censusOf(world.destination);
  expect(once.statuses).toEqual(shopServers.map(() => 'ACTIVE'));
  expect(countsOf(once)).toMatchObject({ keypairs: were['keypairs'], floatingips: were['floatingips'] });
  await world.importBundle(bundle);
  expect((await censusOf(world.destination)).ids).toEqual(once.ids);
  const { folder } = await world.openCampaign(campaign);
  for (const { id, server_id: server } of (await sender.daemon.capture({ servers: [] })).document.disks) {
    const seal = await readMarker(folder, { kind: 'disk', server, disk: id });
    const moved = { disk: id, root: seal?.digest ?? '', size: seal?.counts['size'] ?? 0 };
    expect(await readMarker(folder, { kind: 'server', server })).toMatchObject(summaryOfServer([moved]));
  }
});

test('a document with something that cannot be built there is refused before anything is built', async () => {
  const { document } = await sender.daemon.capture({ servers: [] });
  const campaign = randomUUID();
  const opened = await world.openCampaign(campaign);
  await expect(opened.configure({ ...document, campaign }, () => undefined)).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
  expect(opened.ledger.entries()).toEqual([]);
});
