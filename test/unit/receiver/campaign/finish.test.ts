import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../../../sender/report/model.ts';
import { type Cloud, untilState } from '../../../support/in-process.ts';
import { failedOne, ShopTemplate, type Started } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('a commit takes our stamps from all that it built; the ledger remembers, and the images that stay are named', async () => {
  const { world, sender, campaign } = await ready();
  expect(await stampsAt(world.destination)).not.toEqual([]);
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect(await stampsAt(world.destination)).toEqual([]);
  const { ledger } = await world.openCampaign(campaign);
  const built = ledger.entries().filter((entry) => entry.state === 'built' && entry.how !== 'adopted');
  expect(built.length).toBeGreaterThan(8);
  const { left } = (await sender.daemon.report({ campaign })) as Report;
  const images = await world.destination.user.list<{ id: string }>('image', '/images', 'images');
  const ofDisks = built.flatMap((entry) => (entry.ref.startsWith('disk/') && entry.state === 'built' ? [entry.id] : []));
  expect(left?.stamped).toEqual([]);
  expect(left?.images.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b))).toEqual(
    ofDisks.toSorted((a, b) => a.localeCompare(b)),
  );
  expect(images.map(({ id }) => id)).toEqual(expect.arrayContaining(ofDisks));
});

test('a commit that is cut in the middle goes on when it is asked again, and removes the images where the plan says so', async () => {
  const { world, sender, campaign } = await ready((plan) => plan.replace('images: keep', 'images: remove'));
  const before = await stampsAt(world.destination);
  world.destination.twin.faults.set([
    { do: 'status', status: 500, match: { service: 'network', method: 'DELETE', path: '^/v2.0/(ports|routers)/[^/]+/tags/' } },
  ]);
  await sender.daemon.commit({ campaign, deleteSource: false });
  expect((await failedOne(sender)).says).toContain('The way back is closed');
  const half = await stampsAt(world.destination);
  expect(half.length).toBeLessThan(before.length);
  expect(half).not.toEqual([]);
  world.destination.twin.faults.clear();
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect(await stampsAt(world.destination)).toEqual([]);
  expect(await world.destination.user.list('image', '/images?name=web%201', 'images')).toEqual([]);
  expect(((await sender.daemon.report({ campaign })) as Report).left).toEqual({ images: [], stamped: [] });
});

async function ready(edit?: (plan: string) => string): Promise<Started> {
  const started = await template.started(edit);
  await untilState(started.sender, 'ready');
  return started;
}

/** Everything in a cloud that carries a tag of ours. */
async function stampsAt({ user }: Cloud): Promise<string[]> {
  type Tagged = { readonly id: string; readonly tags?: readonly string[] };
  const kinds = ['networks', 'subnets', 'routers', 'ports', 'security-groups', 'floatingips'];
  const things = await Promise.all([
    ...kinds.map((kind) => user.list<Tagged>('network', `/${kind}`, kind.replace('-', '_'))),
    user.list<Tagged>('compute', '/servers/detail', 'servers'),
  ]);
  return things.flat().flatMap(({ id, tags = [] }) => (tags.some((tag) => tag.startsWith('godwit-')) ? [id] : []));
}
