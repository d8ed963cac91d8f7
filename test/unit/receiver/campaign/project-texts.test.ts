import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type Cloud, untilState } from '../../../support/in-process.ts';
import { adminOf, ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

/** The description of the project of a cloud, which may be set. */
async function descriptionOf(cloud: Cloud, description?: string): Promise<string> {
  const admin = await adminOf(cloud);
  const path = `/projects/${admin.projectId}`;
  if (description !== undefined) await admin.send('PATCH', 'identity', path, { project: { description } });
  return (await admin.send<{ project: { description: string } }>('GET', 'identity', path)).project.description;
}

test('another description of the project is told, and stays so unless the plan carries it', async () => {
  const { world, sender } = await template.world();
  await descriptionOf(world.source, 'The shop');
  await descriptionOf(world.destination, 'Empty');
  const { concerns } = await sender.daemon.plan({ servers: [] });
  expect(concerns.find(({ code }) => code === 'project.differs')?.says).toContain('another description than “The shop”');
  await beginMigration(sender);
  await untilState(sender, 'ready');
  expect(await descriptionOf(world.destination)).toBe('Empty');
});

test('a description that the plan carries is set, and taken back by the rollback', async () => {
  const { world, sender } = await template.world();
  await descriptionOf(world.source, 'The shop');
  await descriptionOf(world.destination, 'Empty');
  const campaign = await beginMigration(sender, (plan) => plan.replace(/^ {2}project: keep$/m, '  project: carry'));
  await untilState(sender, 'ready');
  expect(await descriptionOf(world.destination)).toBe('The shop');
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await descriptionOf(world.destination)).toBe('Empty');
});
