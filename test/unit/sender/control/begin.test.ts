import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { beginFromDocument } from '../../../../sender/control/begin.ts';
import { aDocument } from '../../../support/build.ts';
import { problemOf } from '../../../support/folder.ts';
import { beginMigration, type SenderLife, untilState, World } from '../../../support/in-process.ts';
import { censusOf, countsOf, makeShop } from '../../../support/shop.ts';

let dir: string;
let world: World;
let sender: SenderLife;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'begin-'));
  await makeShop(dir);
  world = await World.open(dir, join(dir, 'world'));
  world.startReceiver();
  sender = await world.startSender();
});

afterEach(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

/** The proposed plan with other settings, as text. */
const edited = (more: object) => (plan: string) => stringify({ ...parse(plan), ...more });

test('a plan whose waves an editor left empty moves networks, groups and keys alone', async () => {
  const before = await censusOf(world.destination);
  const campaign = await beginMigration(sender, edited({ waves: null, skip: null }));
  await untilState(sender, 'ready');
  const after = countsOf(await censusOf(world.destination));
  const source = countsOf(await censusOf(world.source));
  expect(after['routers']).toBe(source['routers']);
  expect(after['security_groups']).toBe(source['security_groups']);
  expect((await censusOf(world.destination)).statuses).toEqual([]);
  expect((await censusOf(world.source)).statuses).toEqual(['ACTIVE', 'ACTIVE']);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await censusOf(world.destination)).ids).toEqual(before.ids);
});

test('a plan that names no server and not the whole project is refused', async () => {
  const { plan } = await sender.daemon.plan({ servers: [] });
  const { source } = parse(plan) as { source: object };
  const text = edited({ waves: [{ name: 'wave-1', servers: null }], source: { ...source, whole: false } })(plan);
  const problem = await problemOf(sender.daemon.migrate({ plan: text, file: 'plan.yaml', options: {} }));
  expect(problem).toMatchObject({ code: 'E_PLAN', message: expect.stringContaining('moves nothing') });
});

test('what the plan skips stays behind, its servers move without it, and the report says so', async () => {
  const { plan } = await sender.daemon.plan({ servers: [] });
  const { keypairs } = (await censusOf(world.source)).ids;
  const refs = (keypairs ?? []).map((name) => `keypair/${name}`);
  const campaign = (await sender.daemon.migrate({ plan: edited({ skip: refs })(plan), file: 'plan.yaml', options: {} })).campaign;
  await untilState(sender, 'ready');
  const servers = await world.destination.user.list<{ key_name: string | null }>('compute', '/servers/detail', 'servers');
  expect(servers.map(({ key_name }) => key_name)).toEqual([null, null]);
  const { changes } = await sender.daemon.report({ campaign });
  expect(changes.leftOut).toContainEqual(expect.stringContaining(`Skipped, as the plan says: ${refs.join(', ')}`));
});

test('a document that names nothing to move is refused, and not taken for the whole project', async () => {
  const asked = beginFromDocument(aDocument({}), 'configurations.json', null as never);
  await expect(asked).rejects.toMatchObject({ code: 'E_PLAN', message: expect.stringContaining('nothing to move') });
});
