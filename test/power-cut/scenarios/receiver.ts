import { join } from 'node:path';
import { Ledger } from '../../../receiver/campaign/ledger.ts';
import { claim, ownerOf } from '../../../receiver/campaign/owner.ts';
import { mustBuildHere } from '../../../receiver/campaign/place.ts';
import { writeMarker } from '../../../shared/model/marker.ts';
import type { Ref } from '../../../shared/model/resource.ts';
import type { Scenario } from '../scenario.ts';
import { markersIn } from './markers.ts';

const folderIn = (state: string): string => join(state, 'campaigns', '0b6d1d3e-0000-4000-8000-000000000001');
const owner = 'a'.repeat(64);

/** A campaign of the receiver: its owner and place, what it builds, and its markers. */
export const receiver: Scenario = {
  name: 'receiver',
  lives: [
    async (state, say) => {
      const folder = folderIn(state);
      if (await claim(folder, owner)) say('owner');
      await mustBuildHere(folder, 'project 1', () => []);
      say('place');
      const ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
      for (const ref of ['network/1', 'port/2', 'server/3'] as Ref[]) {
        await ledger.intend(ref);
        // From here on it may exist at the cloud, and only the ledger says that it is ours.
        say(`intended ${ref}`);
        await ledger.built(ref, { id: `made-${ref}`, how: 'created' });
        say(`built ${ref}`);
      }
      await ledger.reach('configured');
      say('state configured');
      await writeMarker({ id: 'c', folder }, { kind: 'configuration' }, { digest: 'd', counts: { networks: 1 } });
      say('marker configurationCompleted');
      await ledger.reach('removing');
      say('state removing');
    },
  ],
  check: async (state, said) => {
    const folder = folderIn(state);
    const flaws: string[] = [];
    if (said.includes('owner') && (await ownerOf(folder)) !== owner) flaws.push('nobody owns the campaign any more');
    if (!(await claim(folder, owner))) flaws.push('the owner is refused');
    const elsewhere = said.includes('place') && (await mustBuildHere(folder, 'project 2', () => []).then(isDone, () => false));
    if (elsewhere) flaws.push('it builds in another project now');
    else await mustBuildHere(folder, 'project 1', () => []).catch((error: Error) => flaws.push(error.message));
    const ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    for (const text of said) {
      const [word, what = ''] = text.split(' ');
      const entry = ledger.get(what as Ref);
      if (word === 'intended' && entry === undefined)
        flaws.push(`${what} may exist, and the ledger does not say that it is ours`);
      if (word === 'built' && entry?.state !== 'built') flaws.push(`${what} is not built any more`);
      if (word === 'marker' && !(await markersIn(folder)).includes(what)) flaws.push(`the marker ${what} is gone`);
    }
    const wanted = said.findLast((text) => text.startsWith('state '))?.slice('state '.length);
    const order = ['new', 'configured', 'removing'];
    if (wanted !== undefined && order.indexOf(ledger.standing) < order.indexOf(wanted))
      flaws.push(`the campaign is ${ledger.standing} and not ${wanted}`);
    await ledger.close();
    return flaws;
  },
};

function isDone(): boolean {
  return true;
}
