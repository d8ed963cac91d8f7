import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Campaign } from '../../../../sender/campaign/campaign.ts';
import { logFacts } from '../../../../sender/control/log-facts.ts';
import { openLog } from '../../../../shared/log.ts';
import { aPlan, aTenant } from '../../../support/build.ts';

test('the log of the daemon says what each server does, with its id, its name, the campaign and the time', async () => {
  const state = await mkdtemp(join(tmpdir(), 'godwit-facts-'));
  try {
    const document = aTenant(1);
    const [server] = document.servers;
    const campaign = await Campaign.create(state, aPlan(document), document);
    const lines: string[] = [];
    logFacts(campaign, openLog('sender', 'info', { write: (line) => void lines.push(line) }));
    const problem = { code: 'E_CLOUD', says: 'The cloud failed.', hint: 'See its log.' };
    await campaign.journal.append({ fact: 'begun', server: server?.id ?? '', phase: 'copy' });
    await campaign.journal.append({ fact: 'problem', server: server?.id ?? '', phase: 'copy', problem });
    await campaign.journal.append({ fact: 'rests', state: 'ready' });
    await campaign.journal.close();
    const about = { campaign: campaign.id, server: server?.id, name: server?.name };
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ ...about, level: 'info', says: 'copy begun', at: expect.stringMatching(/^\d{4}-.*Z$/) }),
      expect.objectContaining({ ...about, level: 'warn', says: 'problem in copy: The cloud failed. (E_CLOUD)' }),
      expect.objectContaining({ campaign: campaign.id, says: 'ready' }),
    ]);
  } finally {
    await rm(state, { recursive: true });
  }
});
