import type { Concern } from '../../../shared/model/concern.ts';

/** One situation in a few words, and the concerns that are found in it. */
export type Situation = readonly [what: string, concerns: () => readonly Concern[] | Promise<readonly Concern[]>];

/** Two situations that are nearly the same: only in the first is a concern of the code found. */
export interface Case {
  readonly fires: Situation;
  readonly silent: Situation;
}

/** A test of its own, for what takes whole daemons; by its file and title. */
export interface OwnTest {
  readonly file: string;
  readonly title: string;
  /** The file of the product that has the concern. */
  readonly product: string;
}

/** The cases of some codes, as the table of concerns writes them. */
export type Cases = Readonly<Record<string, Case>>;

/** Codes that are tested elsewhere, because what finds them asks other daemons. */
export const ownTests: Readonly<Record<string, OwnTest>> = {
  'campaign.unreadable': {
    file: 'test/unit/receiver/campaign/earlier.test.ts',
    title:
      'of what two campaigns built for one network, the one that stands is found, no campaign is opened, and one that is damaged is named',
    product: 'receiver/campaign/earlier.ts',
  },
  'campaign.uncommitted': {
    file: 'test/unit/receiver/campaign/earlier.test.ts',
    title:
      'a server that was left out joins its neighbours: a second campaign adopts what the first built and writes nothing of it, and its rollback keeps that',
    product: 'receiver/campaign/earlier.ts',
  },
};
