import { countOf } from '../../shared/model/kind-words.ts';
import { showBytes, showDuration, showTime } from '../../shared/print/units.ts';
import type { Fact } from '../migration/fact.ts';
import type { Learned } from '../migration/move.ts';
import { undoingText, undoneText } from './undone-text.ts';

/** What a fact of the journal says, in words; the server is named beside it. */
export function factText(fact: Fact): string {
  switch (fact.fact) {
    case 'started':
      return `started: project ${fact.project}, ${countOf('server', fact.servers.length)}, release ${fact.release}`;
    case 'foreseen':
      return `told before the start: ${countOf('concern', fact.concerns.length)}`;
    case 'begun':
      return `${fact.phase} begun`;
    case 'done':
      return `${fact.phase} done${differencesText(fact.learned)}`;
    case 'round':
      return `round ${fact.round} brought ${showBytes(fact.bytes)} in ${showDuration(fact.snapshot_ms + fact.copy_ms)}`;
    case 'cutover asked':
      return 'cutover asked for';
    case 'last answer':
      return `old server answered for the last time at ${showTime(fact.answered_at)} (${fact.address})`;
    case 'first answer':
      return `new server answered for the first time at ${showTime(fact.answered_at)} (${fact.address})`;
    case 'turned back':
      return 'rollback begun';
    case 'kept':
      return 'kept at the destination; the rollback that was begun is given up';
    case 'undone':
      return undoneText(fact.phase);
    case 'rolled back':
      return 'rolled back';
    case 'failed':
      return `could not be moved: ${fact.problem.says} (${fact.problem.code})`;
    case 'problem':
      return `problem in ${undoingText(fact.phase)}: ${fact.problem.says} (${fact.problem.code})`;
    case 'rests':
      return `${fact.state}${fact.problem === undefined ? '' : `: ${fact.problem.says} (${fact.problem.code})`}`;
    case 'stop asked':
      return `source server is ${fact.was} before the stop`;
    case 'bundle written':
      return 'bundle written';
    case 'seen stopped':
      return 'source seen at rest';
    case 'asked':
      return askedText(fact);
    default:
      // A fact that this release has no words for is still named.
      return (fact as { readonly fact: string }).fact;
  }
}

function differencesText(learned: Learned = {}): string {
  const differences = Object.entries(learned.details ?? {}).flatMap(([ref, { differs }]) =>
    differs ? `${ref}: ${differs}` : [],
  );
  return differences.length === 0 ? '' : `; not as it was: ${differences.join('; ')}`;
}

function askedText({ wish, deleteSource, keep = [], giveUp = [] }: Extract<Fact, { fact: 'asked' }>): string {
  const deleting = deleteSource ? ', with the source servers deleted' : '';
  const keeping = keep.length === 0 ? '' : `, kept: ${keep.join(', ')}`;
  const givingUp = giveUp.length === 0 ? '' : `, given up: ${giveUp.join(', ')}`;
  return `${wish} asked for${deleting}${keeping}${givingUp}`;
}
