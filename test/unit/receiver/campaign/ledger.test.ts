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
