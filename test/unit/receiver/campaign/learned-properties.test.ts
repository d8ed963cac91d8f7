import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../../support/in-process.ts';
import { operatorAt } from '../../../support/shop.ts';
import { ShopTemplate, serversAt } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1']);
});
afterAll(() => template.remove());

interface Image {
  readonly name: string;
  readonly hw_disk_bus?: string;
  readonly image_type?: string;
}

test('a server whose image is gone is built with the hardware that its frozen disk tells, and its image is verified by that', async () => {
  const { world, sender } = await template.world();
  const { user } = world.source;
  const [server] = await user.list<{ image: { id: string } }>('compute', '/servers/detail', 'servers');
  const operator = await operatorAt(world.source);
  await operator.send('DELETE', 'image', `/images/${server?.image.id}`);
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  const images = await world.destination.user.list<Image>('image', '/images', 'images');
  expect(images.filter(({ image_type }) => image_type !== 'snapshot').map((one) => one.hw_disk_bus)).toContain('virtio');
  expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE']);
  const { disks: verdicts } = await sender.daemon.verify({ campaign });
  expect(verdicts.map(({ says }) => says)).toEqual([expect.stringMatching(/^the same .* in image /)]);
});
