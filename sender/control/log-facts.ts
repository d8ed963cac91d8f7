import type { Dated } from '../../shared/journal.ts';
import type { Log } from '../../shared/log.ts';
import type { Campaign } from '../campaign/campaign.ts';
import type { Fact } from '../migration/fact.ts';
import { factText } from '../report/fact-text.ts';

/** Writes what a campaign does from now on into the daemon's log, with ids and names. */
export function logFacts(campaign: Campaign, log: Log): void {
  const names = new Map(campaign.document.servers.map(({ id, name }) => [id, name]));
  campaign.journal.heed((fact: Dated<Fact>) => {
    const server = 'server' in fact ? fact.server : null;
    const where = server === null ? {} : { server, name: names.get(server) };
    const level = fact.fact === 'problem' || (fact.fact === 'rests' && fact.problem !== undefined) ? 'warn' : 'info';
    log[level]({ campaign: campaign.id, ...where }, factText(fact));
  });
}
