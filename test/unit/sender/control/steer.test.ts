import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fact, restAfterFailure } from '../../../../sender/migration/fact.ts';
import type { Report } from '../../../../sender/report/model.ts';
import { Journal } from '../../../../shared/journal.ts';
import { Problem } from '../../../../shared/problem.ts';
import { untilState } from '../../../support/in-process.ts';
import { failedOne, restarted, ShopTemplate, type Started, serversAt } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('a commit that failed before it committed anything lets the campaign be rolled back', async () => {
  const { world, sender, campaign } = await uncommitted();
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('such a commit is continued by a resumption', async () => {
  const { sender, campaign } = await uncommitted();
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'committed');
});

test('a commit that is repeated takes away the stamps that it left, and changes nothing where none is left', async () => {
  const { world, sender, campaign } = await template.ready();
  const refused = { service: 'network', method: 'DELETE', path: '^/v2.0/networks/[^/]+/tags/' } as const;
  world.destination.twin.faults.set([{ do: 'status', status: 403, match: refused }]);
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const left = async (): Promise<number> => ((await sender.daemon.report({ campaign })) as Report).left?.stamped.length ?? 0;
  const says = async (): Promise<string> => (await sender.daemon.status()).campaigns[0]?.says ?? '';
  expect(await left()).toBeGreaterThan(0);
  expect(await says()).toContain(`\`sender commit ${campaign.slice(0, 8)}\` tries again`);
  expect(await sender.daemon.prune({ days: 0 })).toEqual([]);
  await expect(sender.daemon.commit({ campaign, deleteSource: true })).rejects.toMatchObject({ code: 'E_COMMITTED' });

  // It fails once more, and the campaign stays committed.
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect(await left()).toBeGreaterThan(0);

  world.destination.twin.faults.clear();
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect(await left()).toBe(0);
  expect(await says()).toBe('Committed. The source servers no longer start by accident.');
  expect((await serversAt(world.source)).map(({ locked }) => locked)).toEqual([true, true]);

  const facts = (await sender.daemon.log({ campaign })).length;
  expect(await sender.daemon.commit({ campaign, deleteSource: false })).toMatchObject({ state: 'committed' });
  expect((await sender.daemon.log({ campaign })).length).toBe(facts);
  expect(await sender.daemon.prune({ days: 0 })).toMatchObject([{ id: campaign }]);
});

test('a rollback that kept a server and is repeated takes away the stamps that it left', async () => {
  const { world, sender, campaign } = await template.started();
  await untilState(sender, 'ready');
  const refused = { service: 'network', method: 'DELETE', path: '^/v2.0/networks/[^/]+/tags/' } as const;
  world.destination.twin.faults.set([{ do: 'status', status: 403, match: refused }]);
  const kept = (await serversAt(world.source))[0]?.id ?? '';
  await sender.daemon.rollback({ campaign, keep: [kept] });
  await untilState(sender, 'rolled back');
  const left = async (): Promise<number> => ((await sender.daemon.report({ campaign })) as Report).left?.stamped.length ?? 0;
  expect(await left()).toBeGreaterThan(0);

  world.destination.twin.faults.clear();
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await sender.daemon.status()).campaigns).toMatchObject([{ problem: null }]);
  expect(await left()).toBe(0);
});

test('a repeated commit that cannot reach the receiver leaves the campaign committed, and says why', () => {
  const problem = new Problem('E_PEER_LOST', 'The link was cut.').toJSON();
  const committed: Fact = { fact: 'rests', state: 'committed' };
  expect(restAfterFailure([committed, { fact: 'asked', wish: 'commit' }])).toBe('committed');
  expect(
    restAfterFailure([
      { fact: 'rests', state: 'failed', problem },
      { fact: 'asked', wish: 'commit' },
    ]),
  ).toBe('failed');
});

/** A campaign whose commit failed before its first step, as when no source cloud can be opened. */
async function uncommitted(): Promise<Started> {
  const { world, sender: before, campaign } = await template.ready();
  const journal = await Journal.open<Fact>(join(world.senderState, 'campaigns', campaign, 'journal.jsonl'));
  await journal.append({ fact: 'asked', wish: 'commit', deleteSource: false });
  await journal.append({ fact: 'rests', state: 'failed', problem: new Problem('E_AUTH', 'The cloud lets nobody in.').toJSON() });
  await journal.close();
  const sender = await restarted({ world, sender: before });
  const failed = await failedOne(sender);
  expect(failed.says).toContain('`sender rollback` takes all back');
  return { world, sender, campaign };
}
