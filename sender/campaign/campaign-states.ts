import type { Style } from '../../shared/print/output.ts';
import type { Standing } from '../migration/fact.ts';
import type { CampaignState, MoveStatus } from './campaign-status.ts';

/** A command about one campaign whose state decides whether there is something to do. */
export type CampaignCommand = 'pause' | 'resume' | 'cutover' | 'cancel' | 'verify' | 'bundle' | 'commit' | 'rollback';

/** What a state of a campaign means. */
interface CampaignStateRow {
  /** How it rests; null while it works without being asked. */
  readonly rests: 'well' | 'paused' | 'failed' | null;
  /** Whether no command is possible any more; another campaign may then have its servers. */
  readonly isOver: boolean;
  /** Whether its commit was begun: a rollback is no longer possible. */
  readonly isCommitted: boolean;
  readonly allows: readonly CampaignCommand[];
  /** Commands that select this campaign when none is named, although the daemon refuses them. */
  readonly refuses?: readonly CampaignCommand[];
  readonly colour?: Style;
}

/** Every state of a campaign; what is said of each is in status-text.ts. */
// biome-ignore format: a table is read by row
export const campaignStates: Readonly<Record<CampaignState, CampaignStateRow>> = {
  preparing: { rests: null, isOver: false, isCommitted: false, allows: ['pause', 'cancel', 'rollback'] },
  moving: { rests: null, isOver: false, isCommitted: false, allows: ['pause', 'cutover', 'cancel', 'rollback'], colour: 'cyan' },
  paused: { rests: 'paused', isOver: false, isCommitted: false, allows: ['resume', 'cancel', 'rollback'], colour: 'yellow' },
  failed: { rests: 'failed', isOver: false, isCommitted: false, allows: ['resume', 'cancel', 'rollback'], colour: 'red' },
  ready: { rests: 'well', isOver: false, isCommitted: false, allows: ['verify', 'bundle', 'commit', 'rollback'], colour: 'green' },
  'rolling back': { rests: null, isOver: false, isCommitted: false, allows: ['rollback'] },
  'rolled back': { rests: 'well', isOver: true, isCommitted: false, allows: [] },
  committing: { rests: null, isOver: false, isCommitted: true, allows: [], refuses: ['commit'] },
  committed: { rests: 'well', isOver: true, isCommitted: true, allows: [], colour: 'green' },
};

/** The states in which a campaign allows a command. */
export function statesAllowing(command: CampaignCommand): CampaignState[] {
  const states = Object.keys(campaignStates) as CampaignState[];
  return states.filter((state) => campaignStates[state].allows.includes(command));
}

/** Whether a campaign that stands so is over: another one may have its servers. */
export function isOver(standing: Standing): boolean {
  return standing.is === 'resting' && campaignStates[standing.state].isOver;
}

/** Whether a campaign in this state rests: it does nothing until a command arrives. */
export function isSettled(state: CampaignState): boolean {
  return campaignStates[state].rests !== null;
}

/** What a state of a server's move means for how it is shown. */
interface MoveStateRow {
  readonly hasMoved: boolean;
  /** Whether its phase is shown in its place. */
  readonly showsPhase: boolean;
  readonly colour?: Style;
}

/** Every state of a server's move. */
export const moveStates: Readonly<Record<MoveStatus['state'], MoveStateRow>> = {
  waiting: { hasMoved: false, showsPhase: false },
  moving: { hasMoved: false, showsPhase: true, colour: 'cyan' },
  moved: { hasMoved: true, showsPhase: false, colour: 'green' },
  frozen: { hasMoved: true, showsPhase: false, colour: 'green' },
  failed: { hasMoved: false, showsPhase: false, colour: 'red' },
  'rolled back': { hasMoved: false, showsPhase: false },
};
