import type { Dated } from '../../shared/journal.ts';
import { cut, pad, visible, widthOf } from '../../shared/print/text.ts';
import { showTime } from '../../shared/print/units.ts';
import type { MoveStatus } from '../campaign/campaign-status.ts';
import type { Fact } from '../migration/fact.ts';
import { factText } from '../report/fact-text.ts';
import { widestName } from '../report/names.ts';
import { shortId, toldApart } from '../report/server-names.ts';

/**
 * Returns what shows a fact of a campaign with these servers as one line: time, the beginning of
 * the server's id, its name, what happened.
 */
export function factLines(moves: readonly MoveStatus[]): (fact: Dated<Fact>) => string {
  const names = new Map(toldApart(moves).map(({ server, name }) => [server, cut(visible(name), widestName)]));
  const width = Math.max('campaign'.length, ...[...names.values()].map(widthOf));
  return (fact) => {
    const server = 'server' in fact ? fact.server : null;
    const name = server === null ? 'campaign' : (names.get(server) ?? server);
    const id = server === null ? '' : shortId(server);
    return `${showTime(fact.at)}  ${pad(id, 8)}  ${pad(name, width)}  ${visible(factText(fact))}`;
  };
}
