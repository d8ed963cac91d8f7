import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Turns } from '../../../../receiver/session/turns.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aDocument } from '../../../support/build.ts';
import { aPairedSender, aPairedSite, connect, refusalOf } from './paired-site.ts';

/** Works that go on until they are let go, and which of them are under way. */
function someWorks(turns: Turns) {
  const underWay = new Map<string, () => void>();
  const ask = (owner: string, name: string, signal = new AbortController().signal): Promise<string> =>
    turns.run(owner, signal, async () => {
      await new Promise<void>((resolve) => underWay.set(name, resolve));
      underWay.delete(name);
      return name;
    });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { ask, turn, names: () => [...underWay.keys()], end: (name: string) => underWay.get(name)?.() };
}

test('one work of an owner is under way at a time, in the order in which they were asked for', async () => {
  const { ask, turn, names, end } = someWorks(new Turns('preflights'));
  const asked = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3')];
  await turn();
  expect(names()).toEqual(['a1']);
  end('a1');
  await asked[0];
  await turn();
  expect(names()).toEqual(['a2']);
  end('a2');
  await asked[1];
  await turn();
  end('a3');
  expect(await Promise.all(asked)).toEqual(['a1', 'a2', 'a3']);
});

test('an owner who asks for much keeps no other waiting, and is told when too many of his wait', async () => {
  const { ask, turn, names, end } = someWorks(new Turns('preflights'));
  const many = ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => ask('a', name));
  const other = ask('b', 'b1');
  await turn();
  expect(names()).toEqual(['a1', 'b1']);
  const refused = await ask('a', 'a6').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  expect(refused).toMatchObject({ code: 'E_BUSY', message: expect.stringContaining('one at a time, and 4 wait already') });
  end('b1');
  expect(await other).toBe('b1');
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) {
    await expect.poll(names).toContain(name);
    end(name);
  }
  expect(await Promise.all(many)).toHaveLength(5);
  const again = ask('a', 'a7');
  await turn();
  end('a7');
  expect(await again).toBe('a7');
});

test('who has gone while he waited is not worked for, and makes room', async () => {
  const { ask, turn, names, end } = someWorks(new Turns('verifications'));
  const first = ask('a', 'a1');
  const gone = new AbortController();
  const second = ask('a', 'a2', gone.signal);
  const third = ask('a', 'a3');
  await turn();
  gone.abort(new Problem('E_PEER_LOST', 'It is gone.'));
  await expect(second).rejects.toMatchObject({ code: 'E_PEER_LOST' });
  end('a1');
  await first;
  await turn();
  expect(names()).toEqual(['a3']);
  end('a3');
  await third;
});

test('of many owners a few are worked for at once, each in turn', async () => {
  const { ask, turn, names, end } = someWorks(new Turns('verifications'));
  const asked = ['a', 'b', 'c', 'd', 'e'].map((owner) => ask(owner, owner));
  const second = ask('a', 'a again');
  await turn();
  expect(names()).toEqual(['a', 'b', 'c', 'd']);
  end('a');
  await asked[0];
  await turn();
  expect(names()).toEqual(['b', 'c', 'd', 'e']);
  for (const name of names()) end(name);
  await Promise.all(asked);
  await turn();
  end('a again');
  expect(await second).toBe('a again');
});

test('a sender that asks for preflights without end has the cloud asked for one of them, and is refused in words', async () => {
  let asked = 0;
  const site = await aPairedSite(() => {
    asked += 1;
    return new Promise(() => undefined);
  });
  const connection = await connect(site, await aPairedSender(site));
  const preflight = () => {
    const campaign = randomUUID();
    return connection.request('campaign.preflight', { campaign, configurations: { ...aDocument({}), campaign } });
  };
  const ends = Array.from({ length: 5 }, () => preflight().catch(() => undefined));
  expect(await refusalOf(preflight())).toMatchObject({ code: 'E_BUSY', says: expect.stringContaining('one at a time') });
  expect(asked).toBe(1);
  await connection.close('The test is over.');
  await Promise.all(ends);
});
