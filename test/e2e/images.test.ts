import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { AttributeComparison } from '../../sender/campaign/compare/comparison.ts';
import type { Plan } from '../../sender/model/plan.ts';
import { type SenderLife, untilState, type World } from '../support/in-process.ts';
import { addOwnImages, imagesAt, memberOfIso, type SeenImage } from '../support/shop-images.ts';
import { restarted, ShopTemplate } from '../support/shop-world.ts';

let template: ShopTemplate;
let world: World;
let sender: SenderLife;
let ids: Readonly<Record<string, string>>;

/** A shop of one server, and images of its project in several formats. */
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1'], async ({ user }) => {
    ids = await addOwnImages(user);
  });
}, 120_000);
afterAll(() => template.remove());

beforeEach(async () => {
  ({ world, sender } = await template.world());
}, 60_000);

/** What of an image its owner chose. */
function chosen(image: SeenImage): Readonly<Record<string, unknown>> {
  const own = ['id', 'owner', 'file', 'self', 'created_at', 'updated_at', 'virtual_size'];
  const kept = Object.entries(image).filter(([key]) => !own.includes(key) && !key.startsWith('godwit_'));
  return Object.fromEntries(kept);
}

async function named(side: 'source' | 'destination', name: string): Promise<SeenImage | undefined> {
  return (await imagesAt(world[side].user)).find((image) => image.name === name);
}

async function storedAt(side: 'source' | 'destination', id: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(join(world.dir, side, 'images', id))) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

/** What a comparison finds of images that is neither equal, nor mapped, nor told. */
function ofImages(comparison: AttributeComparison | null): AttributeComparison['lines'] | undefined {
  return comparison?.lines.filter(({ ref, is }) => is !== 'told' && /^(image|disk)\//.test(ref));
}

async function begin(images: readonly string[]): Promise<string> {
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [], images });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  return (await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} })).campaign;
}

test('images of the project move with it, in every format, with every attribute and the bytes that were stored', async () => {
  const before = await imagesAt(world.source.user);
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  expect(concerns.find(({ code }) => code === 'image.members_unmapped')?.says).toContain(`(1): ${memberOfIso}.`);
  expect(concerns.find(({ code }) => code === 'left_behind.images')?.says).toContain('no bytes: queued');
  const { campaign } = await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} });
  await untilState(sender, 'ready');
  for (const name of ['an ISO', 'a snapshot', 'a disk/é', 'a kernel']) {
    const here = await named('source', name);
    const there = await named('destination', name);
    expect(there && chosen(there)).toEqual(here && chosen(here));
    expect(await storedAt('destination', there?.id ?? '')).toBe(await storedAt('source', here?.id ?? ''));
  }
  const { disks: verdicts, comparison } = await sender.daemon.verify({ campaign });
  expect(verdicts.filter(({ agrees }) => !agrees)).toEqual([]);
  expect(ofImages(comparison)).toEqual([]);
  expect(comparison?.kinds['image']?.resources).toBeGreaterThan(3);
  expect(await imagesAt(world.source.user)).toEqual(expect.arrayContaining([...before]));
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const moved = (await imagesAt(world.destination.user)).filter(({ name }) => name === 'an ISO');
  expect(moved.map((image) => Object.keys(image).filter((key) => key.startsWith('godwit_')))).toEqual([[]]);
  expect((await named('source', 'an ISO'))?.tags).toContain('godwit-moved');
  expect(ofImages((await sender.daemon.verify({ campaign })).comparison)).toEqual([]);
  const again = sender.daemon.plan({ project: undefined, servers: [], images: ['an ISO'] });
  await expect(again).rejects.toMatchObject({
    code: 'E_UNSUPPORTED',
    message: expect.stringContaining('moved by an earlier campaign'),
  });
});

test('a plan without images moves none, reads none when it is checked and started, and says which stay', async () => {
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [], withoutImages: true });
  expect(plan).toMatch(/^ {2}without_images: true$/m);
  expect(plan).toMatch(/^images: \[\]$/m);
  const left = concerns.find(({ code }) => code === 'left_behind.images');
  for (const name of Object.keys(ids)) expect(left?.says).toContain(name);
  const { differences, concerns: found } = await sender.daemon.checkPlan({ plan, file: 'plan.yaml' });
  expect(differences.filter(({ of }) => of === 'images')).toEqual([]);
  expect(found.filter(({ code }) => code.startsWith('image.'))).toEqual([]);
  await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} });
  await untilState(sender, 'ready');
  for (const name of Object.keys(ids)) expect(await named('destination', name)).toBeUndefined();
});

test('an image is shared with the project that the plan names, and the comparison finds both sides alike', async () => {
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [], images: ['an ISO'] });
  const edited = parse(plan) as Plan;
  const mappings = { ...edited.mappings, projects: { [memberOfIso]: { to: 'their-project-there' } } };
  const { campaign, concerns } = await sender.daemon.migrate({
    plan: stringify({ ...edited, mappings }),
    file: 'plan.yaml',
    options: {},
  });
  expect(concerns.filter(({ code }) => code.startsWith('image.members'))).toEqual([]);
  await untilState(sender, 'ready');
  const { id } = (await named('destination', 'an ISO')) ?? { id: '' };
  const path = `/images/${id}/members`;
  const members = await world.destination.user.list<{ member_id: string; status: string }>('image', path, 'members');
  expect(members.map(({ member_id, status }) => `${member_id} ${status}`)).toEqual(['their-project-there pending']);
  const { comparison } = await sender.daemon.verify({ campaign });
  expect(comparison?.lines).toEqual([]);
});

test('an image that is taken out of the plan of a whole project stays behind, and the start says so', async () => {
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  const edited = parse(plan) as Plan;
  const images = edited.images.filter(({ name }) => name !== 'a kernel');
  const text = stringify({ ...edited, images });
  const { differences } = await sender.daemon.checkPlan({ plan: text, file: 'plan.yaml' });
  expect(differences.filter(({ of }) => of === 'images').map(({ says }) => says)).toEqual([
    `image a kernel (${ids['a kernel']}): of the project at the source, but not in the plan`,
  ]);
  const { concerns } = await sender.daemon.migrate({ plan: text, file: 'plan.yaml', options: {} });
  expect(concerns.find(({ code }) => code === 'image.left_out')?.says).toContain('(1): a kernel.');
  await untilState(sender, 'ready');
  expect(await named('destination', 'a kernel')).toBeUndefined();
  expect(await named('destination', 'a snapshot')).toBeDefined();
});

test('a rollback removes the images of the campaign, protected ones too, and leaves those of the source', async () => {
  const before = await imagesAt(world.source.user);
  const there = await imagesAt(world.destination.user);
  const campaign = await begin(['an ISO', 'a disk/é']);
  await untilState(sender, 'ready');
  expect((await named('destination', 'an ISO'))?.protected).toBe(true);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await imagesAt(world.destination.user)).toEqual(there);
  expect(await imagesAt(world.source.user)).toEqual(before);
});

test('an image that its owner tagged since the capture stops its own move, and no other', async () => {
  const campaign = await begin(['an ISO', 'a kernel']);
  // It is the second: the first is still on its way.
  await world.source.user.send('PUT', 'image', `/images/${ids['a kernel']}/tags/late`);
  await untilState(sender, 'failed');
  const report = await sender.daemon.report({ campaign });
  expect(report.moves.map(({ name, state }) => ({ name, state })).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'a kernel', state: 'failed' },
    { name: 'an ISO', state: 'moved' },
  ]);
});

test('daemons that are killed while an image moves go on, and leave it once', async () => {
  // It is made slowly, and alone: the sender dies while it is imported, when nothing is read any
  // more. A life that is killed in this process would end its reading in the next one's folder.
  const match = { service: 'image' as const, method: 'POST', path: '/images$' };
  world.destination.twin.faults.set([{ do: 'delay', match, ms: 2_000, times: 1 }]);
  const campaign = await begin(['a snapshot']);
  const phases = async () => (await sender.daemon.status()).campaigns[0]?.moves.map(({ phase }) => phase);
  await expect.poll(phases, { timeout: 60_000, interval: 20 }).toContain('import');
  sender = await restarted({ world, sender });
  await world.killReceiver();
  world.startReceiver();
  await untilState(sender, 'ready');
  const all = (await imagesAt(world.destination.user)).filter(({ name }) => ids[name] !== undefined);
  expect(all.map(({ name }) => name)).toEqual(['a snapshot']);
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilState(sender, 'committed');
  expect(await named('source', 'a snapshot')).toBeDefined();
});
