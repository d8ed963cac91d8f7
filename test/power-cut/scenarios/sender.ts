import { randomUUID } from 'node:crypto';
import { Campaign } from '../../../sender/campaign/campaign.ts';
import { writeMarker } from '../../../shared/model/marker.ts';
import { aPlan, aTenant } from '../../support/build.ts';
import type { Scenario } from '../scenario.ts';
import { markersIn } from './markers.ts';

/** A campaign of the sender, from its first file to the markers of its servers. */
export const sender: Scenario = {
  name: 'sender',
  lives: [
    async (state, say) => {
      const document = aTenant(2, randomUUID());
      const { journal, folder, id } = await Campaign.create(state, aPlan(document), document);
      say(`campaign ${id}`);
      for (const { id: server } of document.servers) {
        for (const phase of ['stop', 'freeze', 'copy']) {
          await journal.append({ fact: 'begun', server, phase });
          say(`fact begun ${server} ${phase}`);
          await journal.append({ fact: 'done', server, phase });
          say(`fact done ${server} ${phase}`);
        }
        await writeMarker({ id, folder }, { kind: 'server', server }, { digest: 'd', counts: { disks: 1 } });
        say(`marker ${server}.completed`);
      }
    },
  ],
  check: async (state, said) => {
    const id = said[0]?.split(' ')[1];
    if (id === undefined) return [];
    const campaign = await Campaign.open(state, id);
    if (campaign === null) return ['the campaign that was begun is gone'];
    const facts = campaign.journal.facts.map((fact) => ('phase' in fact ? `fact ${fact.fact} ${fact.server} ${fact.phase}` : ''));
    await campaign.journal.close();
    const markers = await markersIn(campaign.folder);
    return said.flatMap((text) => {
      const isThere = text.startsWith('campaign ') || facts.includes(text) || markers.includes(text.slice('marker '.length));
      return isThere ? [] : [`"${text}" is lost`];
    });
  },
};
