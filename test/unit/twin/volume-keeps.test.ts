import { expect, test } from 'vitest';
import { aTwin, login } from './a-twin.ts';
import { askCinder, aVolume } from './a-volume.ts';

test('groups and their snapshots are there from their microversions on, and link further pages by their own keys', async () => {
  const demo = await login(await aTwin({ pageSize: 1 }));
  const group = { name: 'the shop', group_type: 'of one moment', volume_types: ['any'] };
  expect((await askCinder(demo, 'POST', '/groups', { group }, '3.12')).status).toBe(404);
  for (const name of ['a', 'b']) await askCinder(demo, 'POST', '/groups', { group: { ...group, name } });
  expect((await askCinder(demo, 'GET', '/groups/detail', undefined, '3.12')).status).toBe(404);
  const first = await askCinder(demo, 'GET', '/groups/detail');
  expect([first.listAt('groups'), first.textAt('group_links.0.href')]).toEqual([
    [expect.objectContaining({ name: 'b' })],
    expect.stringContaining('marker='),
  ]);
  expect((await askCinder(demo, 'GET', '/group_snapshots/detail', undefined, '3.13')).status).toBe(404);
  expect((await askCinder(demo, 'GET', '/group_snapshots/detail')).listAt('group_snapshots')).toEqual([]);
});

test('nobody may list consistency groups, and the multiattach flag of a request is refused', async () => {
  const demo = await login(await aTwin());
  expect((await askCinder(demo, 'GET', '/consistencygroups/detail')).status).toBe(403);
  const refused = await askCinder(demo, 'POST', '/volumes', { volume: { size: 1, multiattach: true } });
  expect([refused.status, refused.textAt('badRequest.message')]).toEqual([400, expect.stringContaining('has been removed')]);
});

test('a volume that is offered to another project waits for it', async () => {
  const demo = await login(await aTwin());
  const volume_id = await aVolume(demo);
  expect((await askCinder(demo, 'POST', '/os-volume-transfer', { transfer: { volume_id, name: 'a gift' } })).status).toBe(202);
  expect((await askCinder(demo, 'GET', `/volumes/${volume_id}`)).at('volume.status')).toBe('awaiting-transfer');
  const again = await askCinder(demo, 'POST', '/os-volume-transfer', { transfer: { volume_id } });
  expect(again.status).toBe(400);
});
