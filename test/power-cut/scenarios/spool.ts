import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../../sender/spool/name.ts';
import { Outcomes } from '../../../sender/spool/outcome.ts';
import { lookAt } from '../../../sender/spool/read.ts';
import { syncFolder } from '../../../shared/durable.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Scenario } from '../scenario.ts';

const folderIn = (state: string): string => join(state, 'spool');
const outcomesIn = (state: string): Outcomes => new Outcomes(folderIn(state), join(state, 'lib'));

/** An operator puts a file into the spool, and sees to it himself that it stays. */
async function put(state: string, name: string, text = `plan ${name}\n`): Promise<string> {
  const file = await open(join(folderIn(state), name), 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await syncFolder(folderIn(state));
  return digestOf(Buffer.from(text));
}

/** An operator puts another file in the place of one, by a rename, and sees to it that it stays. */
async function replace(state: string, name: string, text: string): Promise<void> {
  await put(state, `.${name}`, text);
  await rename(join(folderIn(state), `.${name}`), join(folderIn(state), name));
  await syncFolder(folderIn(state));
}

/** The contents of the files of a folder. */
async function textsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return Promise.all(entries.filter((entry) => entry.isFile()).map(({ name }) => readFile(join(folder, name), 'utf8')));
}

/**
 * Two files of the spool that start a campaign, one that is replaced while it is taken, and one
 * that is refused.
 */
export const spool: Scenario = {
  name: 'spool',
  lives: [
    async (state, say) => {
      await mkdir(folderIn(state));
      await syncFolder(state);
      const outcomes = outcomesIn(state);
      for (const name of ['one.yaml', 'two.yaml']) {
        const digest = await put(state, name);
        const look = await lookAt(folderIn(state), name);
        if (look === undefined) throw new Error(`${name} is not there.`);
        say(`put ${name} ${digest}`);
        const accepted = { file: name, digest, campaign: 'c', at: '2026' };
        await outcomes.accept(accepted);
        say(`accepted ${name} ${digest}`);
        await outcomes.settle(name, accepted, look);
        say(`settled ${name} ${digest}`);
      }
      // The operator replaces a file just before it is moved away.
      const taken = await put(state, 'new.yaml', 'first');
      const first = await lookAt(folderIn(state), 'new.yaml');
      if (first === undefined) throw new Error('new.yaml is not there.');
      const started = { file: 'new.yaml', digest: taken, campaign: 'c', at: '2026' };
      await outcomes.accept(started);
      await replace(state, 'new.yaml', 'second');
      say('replaced new.yaml second');
      await outcomes.settle('new.yaml', started, first);
      const digest = await put(state, 'bad.yaml');
      const look = await lookAt(folderIn(state), 'bad.yaml');
      if (look === undefined) throw new Error('bad.yaml is not there.');
      await outcomes.refuse('bad.yaml', { digest, look }, new Problem('E_PLAN', 'It is no plan.'));
      say(`refused bad.yaml ${digest}`);
    },
  ],
  check: async (state, said) => {
    const flaws: string[] = [];
    const outcomes = outcomesIn(state);
    const names = await readdir(folderIn(state)).catch((): string[] => []);
    const moved = await readdir(join(folderIn(state), 'accepted')).catch((): string[] => []);
    for (const text of said) {
      const [word, name = '', digest = ''] = text.split(' ');
      const stem = name.slice(0, -'.yaml'.length);
      const isMoved = moved.some((one) => one.startsWith(stem));
      if (word === 'put' && !names.includes(name) && !isMoved) flaws.push(`${name}, a file of the operator, is gone`);
      if (word === 'accepted' && (await outcomes.accepted(digest)) === undefined)
        flaws.push(`${name} would start a second campaign`);
      if (word === 'settled' && !names.some((one) => one.startsWith(stem) && one.endsWith('.result.json')))
        flaws.push(`the result of ${name} is gone`);
      if (word === 'settled' && !isMoved) flaws.push(`${name} is not among the accepted files`);
      if (word === 'replaced') {
        const there = [...(await textsIn(folderIn(state))), ...(await textsIn(join(folderIn(state), 'accepted')))];
        if (!there.includes(digest)) flaws.push(`what the operator put in the place of ${name} is gone`);
      }
      if (word === 'refused' && !names.includes('bad.yaml.problem.json'))
        flaws.push(`why ${name} was refused is gone: ${names.join(' ')}`);
    }
    for (const name of names)
      if (name.endsWith('.json') && !name.startsWith('.')) JSON.parse(await readFile(join(folderIn(state), name), 'utf8'));
    return flaws;
  },
};
