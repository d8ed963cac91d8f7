import type { Ref } from '../../shared/model/resource.ts';
import type { Learned } from '../migration/move.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';
import { configuredDetails } from './configured.ts';

/** What the destination chose for everything that was built so far, by ref, from the journal. */
export function detailsOf(campaign: Campaign): NonNullable<Learned['details']> {
  const ofServers = campaign
    .moves()
    .flatMap(({ moves }) => moves)
    .map((move) => recall(move, campaign.journal).learned.details ?? {});
  return Object.assign({}, configuredDetails(campaign.journal.facts), ...ofServers) as NonNullable<Learned['details']>;
}

/** What is built but not as it was at the source, by resource. */
export function differencesIn(details: NonNullable<Learned['details']>): { readonly ref: Ref; readonly says: string }[] {
  return Object.entries(details).flatMap(([ref, { differs }]) =>
    differs === undefined ? [] : [{ ref: ref as Ref, says: differs }],
  );
}
