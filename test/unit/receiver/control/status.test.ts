import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { status } from '../../../../receiver/control/commands/status.ts';
import type { ReceiverContext } from '../../../../receiver/control/context.ts';
import { directClient } from '../../../support/direct-client.ts';
import { aPairedSite, someCampaigns } from '../session/paired-site.ts';

test('a campaign whose ledger is damaged is listed as that, and hides no other', async () => {
  const { state, campaigns, sessions, receiver } = await aPairedSite();
  const [whole, damaged] = [randomUUID(), randomUUID()];
  for (const id of [whole, damaged]) await (await campaigns.open(id)).ledger.reach('configured');
  await writeFile(join(state, 'campaigns', damaged, 'ledger.jsonl'), 'no fact\n{}\n');
  const { peers } = receiver;
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns: someCampaigns(state), peers } as ReceiverContext;
  const { campaigns: told } = await directClient({ status }, context).status();
  expect(told.toSorted((a, b) => a.state.localeCompare(b.state))).toMatchObject([
    { id: whole, state: 'configured' },
    { id: damaged, state: 'damaged', problem: expect.stringContaining('ledger.jsonl') },
  ]);
});
