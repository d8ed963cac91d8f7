import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SenderLife, untilState, type World } from '../support/in-process.ts';
import { addSharedType } from '../support/shared-volume.ts';
import { addVolumeTo, type SeenVolume, storedDigest, volumesAt } from '../support/shop-volumes.ts';
import { ShopTemplate } from '../support/shop-world.ts';

let template: ShopTemplate;
let world: World;
let sender: SenderLife;

/** A shop of one server, which has a volume that several may have. */
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1'], async (source, state) => {
    await addSharedType(source);
    await addVolumeTo(source.user, state, 'web 1', { name: 'quorum', volume_type: 'shared' });
  });
}, 120_000);
afterAll(() => template.remove());

beforeEach(async () => {
  ({ world, sender } = await template.world());
}, 60_000);

type Shown = SeenVolume & { readonly multiattach: boolean };

async function quorumAt(side: 'source' | 'destination'): Promise<Shown | undefined> {
  return (await volumesAt(world[side].user)).find(({ name }) => name === 'quorum') as Shown | undefined;
}

async function blockingOf(plan: string): Promise<readonly string[]> {
  const { concerns } = await sender.daemon.checkPlan({ plan, file: 'plan.yaml' });
  return concerns.filter(({ severity }) => severity === 'blocking').map(({ code }) => code);
}

test('a volume that several servers may have moves with the only one that has it, and several may have it again', async () => {
  await addSharedType(world.destination);
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(await blockingOf(plan)).toEqual([]);
  const { campaign } = await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} });
  await untilState(sender, 'ready');
  const there = await quorumAt('destination');
  expect(there).toMatchObject({ status: 'in-use', multiattach: true, volume_type: 'shared' });
  const here = await quorumAt('source');
  const digest = await storedDigest(join(world.dir, 'source'), here?.id ?? '');
  expect(await storedDigest(join(world.dir, 'destination'), there?.id ?? '')).toBe(digest);
  expect((await sender.daemon.verify({ campaign })).comparison?.worst).toBeNull();
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  expect(await quorumAt('source')).toMatchObject({ status: 'in-use', multiattach: true });
});

test('a type that only one server may have blocks it, until the plan accepts that', async () => {
  await addSharedType(world.destination, '<is> False');
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(await blockingOf(plan)).toEqual(['volume.multiattach']);
  const accepted = plan.replace(/^mappings:$/m, 'mappings:\n  accept: [volume.multiattach]');
  expect(await blockingOf(accepted)).toEqual([]);
  await sender.daemon.migrate({ plan: accepted, file: 'plan.yaml', options: {} });
  await untilState(sender, 'ready');
  expect(await quorumAt('destination')).toMatchObject({ status: 'in-use', multiattach: false });
});
