import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fact } from '../../../../sender/migration/fact.ts';
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

/** A campaign whose commit failed before its first step, as when no source cloud can be opened. */
async function uncommitted(): Promise<Started> {
  const { world, sender: before, campaign } = await template.started();
  await untilState(before, 'ready');
  const journal = await Journal.open<Fact>(join(world.senderState, 'campaigns', campaign, 'journal.jsonl'));
  await journal.append({ fact: 'asked', wish: 'commit', deleteSource: false });
  await journal.append({ fact: 'rests', state: 'failed', problem: new Problem('E_AUTH', 'The cloud lets nobody in.').toJSON() });
  await journal.close();
  const sender = await restarted({ world, sender: before });
  const failed = await failedOne(sender);
  expect(failed.says).toContain('`sender rollback` takes all back');
  return { world, sender, campaign };
}
