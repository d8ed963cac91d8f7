import type { Handlers } from '../../protocol/messages.ts';
import { Problem } from '../../shared/problem.ts';
import type { StandingAtReceiver } from './ledger.ts';

/** A message about the campaign that a connection is bound to. */
export type CampaignMessage = Exclude<
  keyof Handlers<'receiver'>,
  'session.join' | 'cloud.facts' | 'document.part' | 'campaign.preflight' | 'campaign.open'
>;

/**
 * The answer to a message. `yes`: it is worked on. Otherwise it is refused: `early`, `late` (all
 * servers have moved), `undone` (rolled back) or `final` (committed).
 */
export type Verdict = 'yes' | 'early' | 'late' | 'undone' | 'final';

/** Which messages are worked on in which state of a campaign. SPEC.md has the same table. */
// biome-ignore format: a table is read by column
export const allowed = {
  'campaign.configure': { new: 'yes',   configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'final' },
  'campaign.completed': { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'campaign.commit':    { new: 'early', configured: 'early', completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'campaign.remove':    { new: 'yes',   configured: 'yes',   completed: 'yes',  removing: 'yes',    removed: 'yes',    committed: 'final' },
  'campaign.prove':     { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'resource.prepare':   { new: 'early', configured: 'yes',   completed: 'late', removing: 'undone', removed: 'undone', committed: 'final' },
  'resource.ensure':    { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'final' },
  'resource.remove':    { new: 'yes',   configured: 'yes',   completed: 'yes',  removing: 'yes',    removed: 'yes',    committed: 'final' },
  'resource.compare':   { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'disk.offer':         { new: 'early', configured: 'yes',   completed: 'late', removing: 'undone', removed: 'undone', committed: 'final' },
  'disk.page':          { new: 'early', configured: 'yes',   completed: 'late', removing: 'undone', removed: 'undone', committed: 'final' },
  'disk.hole':          { new: 'early', configured: 'yes',   completed: 'late', removing: 'undone', removed: 'undone', committed: 'final' },
  'disk.seal':          { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'disk.verify':        { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'final' },
  'server.health':      { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'server.watch':       { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
  'server.completed':   { new: 'early', configured: 'yes',   completed: 'yes',  removing: 'undone', removed: 'undone', committed: 'yes' },
} as const satisfies Record<CampaignMessage, Record<StandingAtReceiver, Verdict>>;

/** Throws E_CAMPAIGN_STATE or E_COMMITTED where a message is not worked on in a state. */
export function mustAllow(message: CampaignMessage, standing: StandingAtReceiver, about?: string): void {
  const verdict: Verdict = allowed[message][standing];
  switch (verdict) {
    case 'yes':
      return;
    case 'early':
      throw new Problem('E_CAMPAIGN_STATE', `${message} comes too early: the campaign is ${standing} here.`, { about });
    case 'late':
      throw new Problem('E_CAMPAIGN_STATE', `${message} comes too late: every server of the campaign has moved.`, { about });
    case 'undone':
      throw new Problem('E_CAMPAIGN_STATE', 'The campaign was rolled back; start a new one.', { about });
    case 'final':
      throw new Problem('E_COMMITTED', 'The campaign is committed; what it built stays, and its copies are gone.', { about });
  }
}
