import { join } from 'node:path';
import { loadNext, loadOrCreateIdentity, prepareNext, promoteNext } from '../../../protocol/transport/identity.ts';
import { Peers } from '../../../protocol/transport/peers.ts';
import type { Scenario } from '../scenario.ts';

const folderIn = (state: string): string => join(state, 'lib', 'godwit');
const peersIn = (state: string): Peers => new Peers(join(folderIn(state), 'peers.json'));

/** A daemon's key, its peers and the rotation of its key, on a state directory that is new. */
export const keys: Scenario = {
  name: 'keys',
  lives: [
    async (state, say) => {
      const folder = folderIn(state);
      say(`key ${(await loadOrCreateIdentity(folder, 'sender')).fingerprint}`);
      const peers = peersIn(state);
      for (const letter of ['a', 'b']) {
        const fingerprint = letter.repeat(64);
        await peers.add({ name: letter, fingerprint, certificate: 'x'.repeat(600), paired_at: '2026-11-01T00:00:00.000Z' });
        say(`peer ${fingerprint}`);
      }
      say(`no peer ${'a'.repeat(64)} any more`);
      await peers.remove('a');
      say(`unpaired ${'a'.repeat(64)}`);
      const next = await prepareNext(folder, 'sender');
      say(`next ${next.fingerprint}`);
      // The peer accepts both keys until it hears the new one, and then the new one alone.
      say(`either ${next.fingerprint}`);
      await promoteNext(folder, 'sender');
      say(`key ${next.fingerprint}`);
    },
  ],
  check: async (state, said) => {
    const flaws: string[] = [];
    const folder = folderIn(state);
    const current = (await loadOrCreateIdentity(folder, 'sender')).fingerprint;
    const next = (await loadNext(folder, 'sender'))?.fingerprint;
    const told = (word: string): string[] =>
      said.flatMap((text) => (text.startsWith(`${word} `) ? [text.slice(word.length + 1)] : []));
    const [first] = told('key');
    const [renewed] = told('next');
    const wasSwitched = told('key').length > 1;
    if (wasSwitched ? current !== renewed : first !== undefined && ![first, ...told('either')].includes(current))
      flaws.push('the key that peers have pinned is gone');
    if (renewed !== undefined && current !== renewed && next !== renewed) flaws.push('the key that peers were told of is gone');
    const pinned = (await peersIn(state).list()).map(({ fingerprint }) => fingerprint);
    const leaving = told('no peer').map((text) => text.slice(0, 64));
    for (const peer of told('peer'))
      if (!leaving.includes(peer) && !pinned.includes(peer)) flaws.push('a paired peer is unknown');
    for (const peer of told('unpaired')) if (pinned.includes(peer)) flaws.push('a peer that was unpaired is accepted again');
    return flaws;
  },
};
