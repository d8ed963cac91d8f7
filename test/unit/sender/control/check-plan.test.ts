import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portraitOf } from '../../../demo/portrait.ts';
import { type SenderLife, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';

interface Listed {
  readonly id: string;
  readonly name: string;
}

let dir: string;
let world: World;
let sender: SenderLife;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'check-plan-'));
  await makeShop(join(dir, 'template'));
  world = await World.open(join(dir, 'template'), join(dir, 'world'));
  world.startReceiver();
  sender = await world.startSender();
});
afterAll(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

const planned = async (): Promise<string> => (await sender.daemon.plan({ project: undefined, servers: [] })).plan;
const check = (plan: string) => sender.daemon.checkPlan({ plan, file: 'plan.yaml' });

test('a new plan says what a new plan would say; an edit is named, and both clouds stay as they were', async () => {
  const before = [await portraitOf(world.source.user), await portraitOf(world.destination.user)];
  const plan = await planned();
  expect((await check(plan)).differences).toEqual([]);
  const { differences, concerns } = await check(plan.replace(/^(\s+ip:) auto$/m, '$1 198.51.100.250'));
  expect(differences).toEqual([expect.stringMatching(/^gateway .*: 198\.51\.100\.250 in the plan, auto if it were made now$/)]);
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'gateway.address_outside', severity: 'blocking' }));
  expect([await portraitOf(world.source.user), await portraitOf(world.destination.user)]).toEqual(before);
  expect((await sender.daemon.status()).campaigns).toEqual([]);
});

test('what has changed at the clouds since is named, and what would stop the plan blocks it', async () => {
  const plan = await planned();
  const { user } = world.source;
  const [gone, renamed] = await user.list<Listed>('compute', '/servers', 'servers');
  await user.send('DELETE', 'compute', `/servers/${gone?.id}`);
  await user.send('PUT', 'compute', `/servers/${renamed?.id}`, { server: { name: 'renamed' } });
  await user.until('the deletion', async () =>
    (await user.list<Listed>('compute', '/servers', 'servers')).length === 1 ? true : undefined,
  );
  const { differences, concerns } = await check(plan);
  expect(differences).toEqual(
    expect.arrayContaining([
      `server ${gone?.name} (${gone?.id}): in the plan, but no longer at the source`,
      `server ${renamed?.name} (${renamed?.id}): is called renamed at the source`,
    ]),
  );
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'server.gone', severity: 'blocking', about: `server/${gone?.id}` }),
  );
  const left = plan.replace(new RegExp(`^ +- id: ${gone?.id}\\n +name: .*\\n`, 'm'), '');
  expect((await check(left)).concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
});
