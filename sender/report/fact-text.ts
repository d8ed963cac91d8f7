import { showBytes, showDuration, showTime } from '../../shared/print/units.ts';
import type { Fact } from '../migration/fact.ts';
import { countOf } from './names.ts';
import { undoingText, undoneText } from './undone-text.ts';

/** What a fact of the journal says, in words; the server is named beside it. */
export function factText(fact: Fact): string {
  switch (fact.fact) {
    case 'started':
      return `started: project ${fact.project}, ${countOf('server', fact.servers.length)}, release ${fact.release}`;
    case 'begun':
      return `${fact.phase} begun`;
    case 'done':
      return `${fact.phase} done`;
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
    case 'undone':
      return undoneText(fact.phase);
    case 'rolled back':
      return 'rolled back';
    case 'problem':
      return `problem in ${undoingText(fact.phase)}: ${fact.problem.says} (${fact.problem.code})`;
    case 'rests':
      return `${fact.state}${fact.problem === undefined ? '' : `: ${fact.problem.says} (${fact.problem.code})`}`;
    case 'asked':
      return `${fact.wish} asked for${fact.deleteSource ? ', with the source servers deleted' : ''}`;
    default:
      // A fact that this release has no words for is still named.
      return (fact as { readonly fact: string }).fact;
  }
}
