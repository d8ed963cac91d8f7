import { z } from 'zod';
import { wholeId } from '../../../shared/campaign-id.ts';
import { command, upload } from '../../../shared/control/command.ts';
import { OfCampaign } from '../../../shared/control/params.ts';
import { Mappings } from '../../../shared/model/mappings.ts';
import { Problem } from '../../../shared/problem.ts';
import { Checker } from '../../bundle/check.ts';
import { Importer } from '../../bundle/import.ts';
import type { Outlook } from '../../bundle/outlook.ts';
import { readWithProgress } from '../../bundle/read-with-progress.ts';
import type { ReceiverCampaign } from '../../campaign/campaign.ts';
import type { Campaigns } from '../../campaign/campaigns.ts';
import { operator } from '../../campaign/owner.ts';
import type { ReceiverContext } from '../context.ts';

/** How far an import is. */
interface ImportNews {
  readonly campaign: string | null;
  readonly says: string;
}

/** What a check of a bundle reports; `outlook`, given once, is what an import would do. */
interface CheckNews {
  readonly says: string;
  readonly outlook?: Outlook;
}

const OfBundle = z.object({ mappings: Mappings });

/** Rebuilds a tenant from a bundle while it is read. May be repeated with the same bundle. */
export const importBundle = upload({
  does: 'Rebuild a tenant from a bundle that `sender export` wrote: first the networks, then each server as soon as its disks are verified. Run it again with the same bundle to continue.',
  params: OfBundle,
  run: ({ mappings }, { campaigns, cloud, state, imports }: ReceiverContext, reader, bundle): AsyncIterable<ImportNews> => {
    const { signal, bind, end } = imports.begin(reader);
    const begin = (report: (news: ImportNews) => void) => {
      const tell = (sentence: string): void => report({ campaign: visitor.campaign, says: sentence });
      const visitor: Importer = new Importer({ campaigns, cloud, state, mappings, signal, bind, tell });
      return { visitor, end: () => visitor.close().finally(end) };
    };
    return readWithProgress(bundle, begin, signal);
  },
});

/**
 * Reads a whole bundle and says what an import would do. Writes nothing. Ends with E_BLOCKED where
 * a concern is blocking.
 */
export const check = upload({
  does: 'Only read and verify the whole bundle, and say what an import would create and what blocks it.',
  params: OfBundle,
  run: ({ mappings }, { campaigns, cloud, workers, state }: ReceiverContext, signal, bundle): AsyncIterable<CheckNews> => {
    const begin = (report: (news: CheckNews) => void) => {
      const tell = (sentence: string, outlook?: Outlook): void =>
        report(outlook === undefined ? { says: sentence } : { says: sentence, outlook });
      return {
        visitor: new Checker({ campaigns, cloud, workers, state, mappings, signal, tell }),
        end: () => Promise.resolve(),
      };
    };
    return readWithProgress(bundle, begin, signal);
  },
});

/**
 * Keeps what an import built and deletes its staged disks; answers how many bytes that freed, and
 * what is left that is no part of the tenant.
 */
export const commit = command({
  does: 'Make an import final: keep what it built, and delete the disks staged for it. `receiver rollback` is then refused.',
  params: OfCampaign,
  run: async ({ campaign }, { campaigns }: ReceiverContext) => {
    const { freed, left } = await (await imported(campaign, campaigns)).commit();
    return { freedBytes: freed, left };
  },
});

/** Removes exactly what an import created. */
export const rollback = command({
  does: 'Undo an import: remove what it created, last first, and nothing else.',
  params: OfCampaign,
  run: async ({ campaign }, { campaigns }: ReceiverContext) => {
    const { removed, kept } = await (await imported(campaign, campaigns)).removeAll();
    const first = kept[0];
    if (first === undefined) return { removed: removed.length };
    throw new Problem('E_CONFLICT', `${kept.length} things could not be removed, first ${first.ref}: ${first.why}`, {
      about: first.ref,
      hint: 'Free it, then run `receiver rollback` again: it continues with what is left.',
    });
  },
});

/** A campaign that came as a bundle; only its sender may end any other. */
async function imported(wanted: string, campaigns: Campaigns): Promise<ReceiverCampaign> {
  const id = wholeId(wanted, await campaigns.ids());
  if ((await campaigns.ownerOf(id)) === operator) return campaigns.known(id);
  throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is driven by its sender.`, {
    hint: 'Ask there: `sender commit` or `sender rollback`.',
  });
}
