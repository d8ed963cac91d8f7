import { mkdir, open, readdir, readFile } from 'node:fs/promises';
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
async function put(state: string, name: string): Promise<string> {
  const file = await open(join(folderIn(state), name), 'w');
  await file.writeFile(`plan ${name}\n`);
  await file.sync();
  await file.close();
  await syncFolder(folderIn(state));
  return digestOf(Buffer.from(`plan ${name}\n`));
}

/** Two files of the spool that start a campaign, and one that is refused. */
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
      if (word === 'refused' && !names.includes('bad.yaml.problem.json'))
        flaws.push(`why ${name} was refused is gone: ${names.join(' ')}`);
    }
    for (const name of names)
      if (name.endsWith('.json') && !name.startsWith('.')) JSON.parse(await readFile(join(folderIn(state), name), 'utf8'));
    return flaws;
  },
};
