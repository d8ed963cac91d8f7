import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Ledger } from '../../../../receiver/campaign/ledger.ts';
import { aFolder } from '../../../support/folder.ts';

test('a ledger remembers the latest of each ref in the order of the latest building, over a restart too', async () => {
  const path = join(await aFolder(), 'ledger.jsonl');
  const ledger = await Ledger.open(path);
  expect(ledger.state).toBe('new');
  await ledger.intend('network/a');
  await ledger.built('network/a', { id: 'A', how: 'created' });
  await ledger.intend('port/b');
  await ledger.intend('network/a');
  await ledger.built('network/a', { id: 'A2', how: 'found', detail: { mtu: '1450' } });
  await ledger.removed('port/b');
  await ledger.reach('configured');
  await ledger.reach('configured');
  const expected = [
    { state: 'removed', ref: 'port/b' },
    { state: 'built', ref: 'network/a', id: 'A2', how: 'found', detail: { mtu: '1450' } },
  ];
  expect(ledger.entries()).toMatchObject(expected);
  await ledger.close();
  const again = await Ledger.open(path);
  expect(again.entries()).toMatchObject(expected);
  expect(again.state).toBe('configured');
  expect(again.get('network/a')).toMatchObject({ id: 'A2' });
  expect(again.get('network/c')).toBeUndefined();
  await again.close();
});

test('what was intended and never confirmed stays intended', async () => {
  const path = join(await aFolder(), 'ledger.jsonl');
  const ledger = await Ledger.open(path);
  await ledger.intend('server/s');
  await ledger.close();
  expect((await Ledger.open(path)).get('server/s')).toMatchObject({ state: 'intended' });
});

test('a campaign goes forward only, also in a ledger in which an earlier release took it back', async () => {
  const path = join(await aFolder(), 'ledger.jsonl');
  const lines = ['configured', 'completed', 'committed', 'completed'].map((campaign) => JSON.stringify({ campaign }));
  await writeFile(path, `${lines.join('\n')}\n`);
  const ledger = await Ledger.open(path);
  expect(ledger.state).toBe('committed');
  for (const standing of ['configured', 'completed', 'removing', 'removed'] as const) await ledger.reach(standing);
  expect([ledger.state, ledger.standing]).toEqual(['committed', 'committed']);
  await ledger.close();
});

test('a removal that has begun tells how far the campaign had got, until it is at its end', async () => {
  const ledger = await Ledger.open(join(await aFolder(), 'ledger.jsonl'));
  await ledger.reach('configured');
  await ledger.reach('removing');
  await ledger.reach('completed');
  expect([ledger.state, ledger.standing]).toEqual(['configured', 'removing']);
  await ledger.reach('removed');
  expect([ledger.state, ledger.standing]).toEqual(['removed', 'removed']);
  await ledger.close();
});

test.each([
  ['a state', '{"campaign":"archived"}'],
  ['an entry', '{"state":"moved","ref":"network/a"}'],
])('a ledger with %s of a later release is not taken for one that allows everything', async (_, line) => {
  const path = join(await aFolder(), 'ledger.jsonl');
  await writeFile(path, `{"campaign":"committed"}\n${line}\n`);
  await expect(Ledger.open(path)).rejects.toMatchObject({ code: 'E_STATE_DAMAGED' });
  await expect(Ledger.look(path)).rejects.toMatchObject({ code: 'E_STATE_DAMAGED' });
});
