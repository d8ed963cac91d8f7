import { join } from 'node:path';
import { loadOrCreateIdentity } from '../../../protocol/transport/identity.ts';
import { DigestFile, type Shape } from '../../../receiver/disks/store/digest-file.ts';
import { holdState } from '../../../shared/lock.ts';
import { markedIn } from '../../support/marked-in.ts';
import type { Scenario } from '../scenario.ts';

const shape: Shape = { size: 8 * 4096, blockSize: 4096, algorithm: 'sha256' };
const identityIn = (state: string): string => join(state, 'lib', 'identity');

const lives: Scenario['lives'] = [
  async (state) => {
    await holdState(join(state, 'lib'));
    await loadOrCreateIdentity(identityIn(state), 'sender');
    const file = await DigestFile.open(join(state, 'lib', 'disk'), shape);
    file.note(0, 7);
    await file.flush(
      () => true,
      () => Promise.resolve(),
    );
    await file.unmark([3]);
  },
  async (state, say) => {
    await holdState(join(state, 'lib'));
    say(`key ${(await loadOrCreateIdentity(identityIn(state), 'sender')).fingerprint}`);
    const file = await DigestFile.open(join(state, 'lib', 'disk'), shape);
    // Whatever is not marked may change now.
    say(`marked ${markedIn(file).join(' ')}`);
  },
];

/**
 * A daemon that is killed before each of its syncs in turn, and the next one, which finds what is
 * in the page cache, acts upon it, and loses its power.
 */
function killedBefore(sync: 'fsync' | 'fdatasync', number: number): Scenario {
  return {
    name: `killed before ${sync} ${number}`,
    mostFates: 12,
    inject: [`${sync}:signal=KILL:when=${number}`, undefined],
    lives,
    check: async (state, said) => {
      const flaws: string[] = [];
      const told = (word: string): string | undefined => said.find((text) => text.startsWith(`${word} `))?.slice(word.length + 1);
      const key = told('key');
      if (key !== undefined && (await loadOrCreateIdentity(identityIn(state), 'sender')).fingerprint !== key)
        flaws.push('the key that was told is gone');
      const marked = told('marked');
      const left =
        (await DigestFile.shapeOf(join(state, 'lib', 'disk'))) === null
          ? null
          : await DigestFile.open(join(state, 'lib', 'disk'), shape);
      if (marked !== undefined && left !== null && markedIn(left).some((block) => !marked.split(' ').includes(`${block}`)))
        flaws.push('a block is marked again that was not, and may have changed');
      await left?.close();
      return flaws;
    },
  };
}

/** One scenario for each sync of the first life. */
export const killed: readonly Scenario[] = (['fsync', 'fdatasync'] as const).flatMap((sync) =>
  Array.from({ length: sync === 'fsync' ? 6 : 5 }, (_, before) => killedBefore(sync, before + 1)),
);
