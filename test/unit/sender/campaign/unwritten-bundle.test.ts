import { expect, onTestFinished, test } from 'vitest';
import { untilState } from '../../../support/in-process.ts';
import { ShopTemplate, serversAt, untilServers } from '../../../support/shop-world.ts';

test('the source servers of an export are deleted only once a whole bundle was written', async () => {
  const template = await ShopTemplate.make(['web 1']);
  onTestFinished(() => template.remove());
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
