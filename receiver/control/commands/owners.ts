import { z } from 'zod';
import { firstKeyOf, peerNamed } from '../../../protocol/transport/peers.ts';
import { wholeId } from '../../../shared/campaign-id.ts';
import { command } from '../../../shared/control/command.ts';
import { Problem } from '../../../shared/problem.ts';
import type { ReceiverContext } from '../context.ts';

/** Hands a campaign whose sender is no longer paired to another sender. */
export const give = command({
  does: 'Hand a campaign to another paired sender, when the one that began it has lost its key and is unpaired.',
  exits: [40],
  params: z.object({ campaign: z.string().min(1), peer: z.string().min(1), sure: z.boolean().default(false) }),
  run: async ({ campaign: wanted, peer: name, sure }, { campaigns, peers: paired }: ReceiverContext) => {
    const campaign = wholeId(wanted, await campaigns.ids(), '`receiver status` lists the campaigns.');
    const list = await paired.list();
    const peer = peerNamed(list, name);
    if (!sure)
      throw new Problem('E_USAGE', `${peer.name} could then roll back or commit all of campaign ${campaign}.`, {
        about: campaign,
        hint: 'Add --yes if that sender has the state directory of the one that began the campaign.',
      });
    await campaigns.give(campaign, firstKeyOf(peer), new Set(list.map(firstKeyOf)));
    return { campaign, peer: peer.name };
  },
});
