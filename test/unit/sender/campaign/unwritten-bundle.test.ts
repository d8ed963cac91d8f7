import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../../support/in-process.ts';
import { ShopTemplate, serversAt, untilServers } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1']);
});
afterAll(() => template.remove());

/** The bytes of a bundle, after some of which something happens. */
async function read(bundle: AsyncIterable<Buffer>, atFirst: () => Promise<unknown> = async () => undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bundle) {
    pieces.push(piece);
    if (pieces.length === 1) await atFirst();
  }
  return Buffer.concat(pieces);
}

test('of two bundles of one campaign that are written at once the second is refused, and the first is whole', async () => {
  const { sender } = await template.world();
  const { daemon } = sender;
  const { campaign } = await daemon.beginExport({ project: undefined, servers: [] });
  await untilState(sender, 'ready');
  const { signal } = new AbortController();
  const whole = await read(daemon.bundle({ campaign }, signal));
  const other = (): Promise<unknown> =>
    expect(read(daemon.bundle({ campaign }, signal))).rejects.toMatchObject({
      code: 'E_CAMPAIGN_STATE',
      message: expect.stringContaining('is being written already'),
    });
  const first = await read(daemon.bundle({ campaign }, signal), other);
  // Only the times of the entries differ.
  expect(first.length).toBe(whole.length);
  expect((await read(daemon.bundle({ campaign }, signal))).length).toBe(whole.length);
});

test('a rollback ends a bundle that is being written: its servers run again', async () => {
  const { world, sender } = await template.world();
  const { daemon } = sender;
  const { campaign } = await daemon.beginExport({ project: undefined, servers: [] });
  await untilState(sender, 'ready');
  const { signal } = new AbortController();
  const writing = read(daemon.bundle({ campaign }, signal), () => daemon.rollback({ campaign }));
  await expect(writing).rejects.toMatchObject({ code: 'E_CANCELLED' });
  await untilServers(world.source, [['web 1', 'ACTIVE', false]]);
  expect(await daemon.log({ campaign })).not.toContainEqual(expect.objectContaining({ fact: 'bundle written' }));
});

test('the source servers of an export are deleted only once a whole bundle was written', async () => {
  const { world, sender } = await template.world();
  const { daemon } = sender;
  const { campaign } = await daemon.beginExport({ project: undefined, servers: [] });
  await untilState(sender, 'ready');
  const refused = { code: 'E_CAMPAIGN_STATE', message: expect.stringContaining('No whole bundle') };
  await expect(daemon.commit({ campaign, deleteSource: true })).rejects.toMatchObject(refused);
  // Broken off before its end, as by a full disk.
  const broken = new AbortController();
  const reading = async (): Promise<void> => {
    for await (const piece of daemon.bundle({ campaign }, broken.signal)) if (piece.length > 0) broken.abort();
  };
  await expect(reading()).rejects.toThrow();
  await expect(daemon.commit({ campaign, deleteSource: true })).rejects.toMatchObject(refused);
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['SHUTOFF']);
  const { signal } = new AbortController();
  for await (const piece of daemon.bundle({ campaign }, signal)) expect(piece.length).toBeGreaterThan(0);
  await daemon.commit({ campaign, deleteSource: true });
  await untilState(sender, 'committed');
  await untilServers(world.source, []);
});
