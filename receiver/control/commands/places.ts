import { z } from 'zod';
import { wholeId } from '../../../shared/campaign-id.ts';
import { command } from '../../../shared/control/command.ts';
import { Problem } from '../../../shared/problem.ts';
import { goneOf, notePlace } from '../../campaign/place.ts';
import type { ReceiverContext } from '../context.ts';

/** Limit of looking at what a campaign built: milliseconds. */
const lookTimeoutMs = 120_000;

/**
 * Takes an operator's word for the place in which a campaign of an earlier release builds. Without
 * `sure` nothing is noted: the answer is what would be, to ask the operator about.
 */
export const place = command({
  does: 'Note that a campaign of an earlier release builds in the project to which the credentials lead, when its owner has removed by hand all that it built, so that it can go on or be rolled back.',
  exits: [20, 40],
  params: z.object({ campaign: z.string().min(1), sure: z.boolean().default(false) }),
  run: async ({ campaign: wanted, sure }, { campaigns, cloud: open }: ReceiverContext) => {
    const id = wholeId(wanted, await campaigns.ids(), '`receiver status` lists the campaigns.');
    const cloud = await open();
    const signal = AbortSignal.timeout(lookTimeoutMs);
    const here = (await cloud.place?.(signal)) ?? null;
    if (here === null)
      throw new Problem('E_UNSUPPORTED', 'This kind of cloud does not tell where its credentials lead, and nothing is noted.');
    const { folder, ledger } = await campaigns.known(id);
    const gone = await goneOf(ledger.entries(), cloud, signal);
    if (sure) await notePlace(folder, here);
    return { campaign: id, place: here, gone, noted: sure };
  },
});
