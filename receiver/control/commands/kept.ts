import { join } from 'node:path';
import { z } from 'zod';
import { command } from '../../../shared/control/command.ts';
import { Nothing, wholeNumber } from '../../../shared/control/params.ts';
import { freeKept as free, listKept } from '../../campaign/kept.ts';
import type { ReceiverContext } from '../context.ts';

/** For how many days disks were kept, for those that are to go. */
export const Days = wholeNumber(36_500);

/** The disks of committed campaigns that are kept, oldest first. */
export const kept = command({
  does: 'List the disks of committed campaigns that `keep_disks` keeps.',
  params: Nothing,
  run: async (_, { state, campaigns }: ReceiverContext) => await listKept(join(state, 'kept'), campaigns),
});

/**
 * Deletes kept disks that no campaign under way uses. May be repeated. Throws E_NOT_FOUND,
 * E_CAMPAIGN_STATE.
 */
export const freeKept = command({
  does: 'Delete kept disks, except those that a running campaign reads from.',
  exits: [40],
  params: z.discriminatedUnion('which', [
    z.object({ which: z.literal('campaign'), campaign: z.string().min(1) }),
    z.object({ which: z.literal('older'), days: Days }),
    z.object({ which: z.literal('all') }),
  ]),
  run: async (unwanted, { state, campaigns }: ReceiverContext) =>
    await free(join(state, 'kept'), unwanted, await campaigns.ids(), campaigns),
});
