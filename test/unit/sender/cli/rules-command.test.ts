import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
});
afterEach(() => line.close());

const rules = `
rules:
  - { name: large, maps: flavor, when: { vcpus: "4.." }, to: r1.large }
  - { name: small, maps: flavor, to: c1.small }
tests:
  - { maps: flavor, of: { name: big, vcpus: 4 }, to: r1.large }
`;

test('rules are tested without a daemon: what fails and what no test reaches is named, with status 2', async () => {
  const file = line.file('rules.yaml');
  await writeFile(file, rules);
  expect(await line.run('rules', 'test', file)).toBe(0);
  expect(line.output.text()).toContain('No test reaches the rule "small".');
  expect(line.output.text()).toContain('1 passed, 0 failed.');
  await writeFile(file, `${rules}  - { maps: flavor, of: { name: big, vcpus: 8 }, to: c1.small }\n`);
  expect(await line.run('rules', 'test', file)).toBe(2);
  expect(line.output.text()).toContain('test 2: flavor big: c1.small is expected, but "large" gives r1.large.');
  await writeFile(file, rules.replace('vcpus: "4.."', 'cpus: 4'));
  expect(await line.run('rules', 'test', file)).toBe(2);
  expect(line.told()).toContain('rules.0.when.cpus: there is no such setting');
});

test('a plan explains with --why, takes suggestions from a score on, and asks a person about the others', async () => {
  expect(await line.run('plan', '--all', '--why', 'flavor/1')).toBe(0);
  expect(line.output.text()).toContain('flavor/1 (m1.\\u{1b}[2Jtiny): not mapped');
  expect(await line.run('plan', '--all', '--accept-above', '1.5')).toBe(2);
  expect(await line.run('plan', '--all', '--accept-above', '0.9')).toBe(40);
  expect(await line.runAnswering('y', 'plan', '--all', '-o', line.file('plan.yaml'))).toBe(40);
  expect(line.daemon.asked).toEqual([
    ['plan', { servers: [], why: 'flavor/1' }],
    ['plan', { servers: [], accepted: { above: 0.9 } }],
    ['plan', { servers: [] }],
    ['plan', { servers: [], accepted: { chosen: [{ ref: 'flavor/1', to: 'small' }] } }],
  ]);
});
