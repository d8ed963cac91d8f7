import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { Campaign } from '../../../sender/campaign/campaign.ts';
import type { RunnerTools } from '../../../sender/campaign/runner.ts';
import { CampaignSet } from '../../../sender/control/campaign-set.ts';
import { Changes } from '../../../sender/control/changes.ts';
import { aPlan, aTenant } from '../../support/build.ts';
import type { Scenario } from '../scenario.ts';

/** A campaign that is over, and is put out of the way. */
export const archive: Scenario = {
  name: 'archive',
  lives: [
    async (state, say) => {
      const document = aTenant(1, randomUUID());
      const { journal, id } = await Campaign.create(state, aPlan(document), document);
      await journal.append({ fact: 'rests', state: 'rolled back' });
      await journal.close();
      say(`over ${id}`);
      // A campaign that rests asks neither cloud nor receiver.
      const runner = { log: pino({ level: 'silent' }) } as unknown as RunnerTools;
      const campaigns = new CampaignSet({ state, changes: new Changes(), runner });
      await campaigns.start();
      const pruned = await campaigns.prune(Number.POSITIVE_INFINITY);
      say(`pruned ${pruned.map((one) => one.id).join(' ')}`);
    },
  ],
  check: async (state, said) => {
    const id = said[0]?.split(' ')[1];
    if (id === undefined) return [];
    const places = ['campaigns', 'archive'].filter((place) => existsSync(join(state, place, id)));
    const flaws = places.length === 0 ? ['a campaign that was pruned is nowhere'] : [];
    for (const place of places) {
      const journal = await readFile(join(state, place, id, 'journal.jsonl'), 'utf8').catch(() => '');
      if (!journal.includes('"rests"')) flaws.push(`the journal in ${place} is not whole`);
    }
    if (said.at(-1) === `pruned ${id}` && places.join() !== 'archive') flaws.push(`a pruned campaign is in ${places.join()}`);
    return flaws;
  },
};
