import { expect, test } from 'vitest';
import { chosenSeed } from '../support/seed.ts';
import { explore, record } from './explore.ts';
import { lacksStrace } from './record/strace.ts';
import { scenarios } from './scenarios/all.ts';
import { afterOpening, copyWith, faults } from './scenarios/faults.ts';

const seed = chosenSeed();
const lacks = lacksStrace();
if (lacks !== null) process.stdout.write(`The power-cut tests are skipped: ${lacks}.\n`);

const usual = scenarios.filter((scenario) => !faults.includes(scenario));

for (const scenario of usual) {
  test.skipIf(lacks !== null)(`what was promised by "${scenario.name}" is there after a power cut at any moment`, async () => {
    const { cuts, states, broken } = await explore(scenario, { seed });
    process.stdout.write(`${scenario.name}: ${cuts} cuts, ${states} states, GODWIT_SEED=${seed}\n`);
    expect(broken).toEqual([]);
    expect(states).toBeGreaterThan(5);
  });
}

for (const scenario of faults) {
  test.skipIf(lacks !== null)(`nothing that was promised is lost by a ${scenario.name}, and a power cut after it`, async () => {
    expect((await explore(scenario, { seed })).broken).toEqual([]);
  });
}

for (const flush of afterOpening) {
  test.skipIf(lacks !== null)(
    `a copy whose flush ${flush} met EIO is not sealed, and one that met ENOSPC is at the next offer`,
    async () => {
      const { said: lost } = await record(copyWith('EIO', flush));
      const { said: full } = await record(copyWith('ENOSPC', flush));
      const textsOf = (said: typeof lost): string[] => said.map(({ text }) => text);
      const sealedBefore = textsOf(lost)
        .slice(0, textsOf(lost).indexOf('failed EIO'))
        .filter((text) => text.startsWith('sealed'));
      expect(textsOf(lost).filter((text) => text.startsWith('sealed'))).toEqual(sealedBefore);
      expect(textsOf(lost).filter((text) => text === 'failed EIO').length).toBeGreaterThan(1);
      expect(textsOf(full).filter((text) => text === 'failed ENOSPC')).toHaveLength(1);
      expect(textsOf(full)).toContain('sealed 1');
    },
  );
}
