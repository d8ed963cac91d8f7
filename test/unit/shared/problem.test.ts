import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { receiverProgram } from '../../../receiver/cli/program.ts';
import { senderProgram } from '../../../sender/cli/program.ts';
import { showProblem } from '../../../shared/cli/show-problem.ts';
import { hintAt, Problem, type ProblemCode, type ProgramName, problems } from '../../../shared/problem.ts';
import { aRecordingOutput } from '../../support/recording-output.ts';

const root = join(import.meta.dirname, '../../..');
const terminal = { output: aRecordingOutput(), signal: new AbortController().signal };
const programs: Readonly<Record<ProgramName, Command>> = { sender: senderProgram(terminal), receiver: receiverProgram(terminal) };
const codes = Object.keys(problems) as ProblemCode[];

/** A command as a text names it: `sender commit --keep SERVER`. */
interface Named {
  readonly side: ProgramName;
  readonly command: string;
  readonly flags: readonly string[];
}

function commandsIn(text: string): Named[] {
  const quoted = text.matchAll(/\\?`(sender|receiver) ([a-z]+(?:-[a-z]+)*)((?:[^`\\\n]|\n(?!\n))*?)\\?`/g);
  return [...quoted].map(([, side = '', command = '', rest = '']) => ({
    side: side as ProgramName,
    command,
    flags: rest.match(/(?<= )--[a-z][a-z-]*/g) ?? [],
  }));
}

/** What the two programs do not know of a command, in words; empty where they know all of it. */
function unknownIn({ side, command, flags }: Named): string[] {
  const program = programs[side];
  if (command === 'help') return [];
  const found = program.commands.find((one) => one.name() === command);
  if (found === undefined) return [`${side} ${command}`];
  const known = [...program.options, ...found.options].map(({ long }) => long);
  return flags.filter((flag) => flag !== '--help' && !known.includes(flag)).map((flag) => `${side} ${command} ${flag}`);
}

/** Whether a text that is read at one side says that a command of the other is typed there. */
function saysWhere(text: string, side: ProgramName): boolean {
  return (
    side === 'sender'
      ? /\b(there|at the source|from there)\b/
      : /\b(there|at the destination|on the (destination controller|other machine))\b/
  ).test(text);
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.each(['sender', 'receiver'] as const)('the hints at the %s', (side) => {
  test.each(codes)('of %s name only commands that there are, and say where one of the other side is typed', (code) => {
    const hint = hintAt(side, new Problem(code, 'It failed.'));
    const named = commandsIn(hint);
    expect(named.flatMap(unknownIn)).toEqual([]);
    for (const one of named) if (one.side !== side) expect([hint, saysWhere(hint, one.side)]).toEqual([hint, true]);
  });
});

test('a command and its JSON show the hint of the side at which they are printed', () => {
  const problem = new Problem('E_DISK_FULL', 'The disk is full.');
  for (const json of [false, true]) {
    const output = aRecordingOutput();
    showProblem(problem, output, { json, program: 'receiver' });
    const said = `${output.text()}${output.err.join('')}`;
    expect(said).toContain('An import goes on when it is run again');
    expect(said).not.toContain('then `sender resume`');
  }
});

test('a hint that knows better stands at both sides', () => {
  const problem = new Problem('E_DISK_FULL', 'The disk is full.', { hint: 'Buy a larger one.' });
  expect([hintAt('sender', problem), hintAt('receiver', problem)]).toEqual(['Buy a larger one.', 'Buy a larger one.']);
});

test('every command with its flags that sources and documents name is one that there is', () => {
  const sources = ['sender', 'receiver', 'shared', 'protocol'].flatMap((folder) => [
    ...filesIn(folder, '.ts'),
    ...filesIn(folder, '.md'),
  ]);
  const texts = [...sources, ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'].map((name) => join(root, name))];
  const unknown = texts.flatMap((file) =>
    commandsIn(readFileSync(file, 'utf8').replaceAll(/\n *(\*|\/\/) /g, ' ')).flatMap((one) =>
      unknownIn(one).map((what) => `${file.slice(root.length + 1)}: ${what}`),
    ),
  );
  expect(unknown).toEqual([]);
});

test.each([
  { folders: ['receiver/cli', 'receiver/control', 'receiver/bundle'], other: 'sender' },
  { folders: ['sender'], other: 'receiver' },
] as const)('a hint in $folders says where a command of the $other is typed', ({ folders, other }) => {
  const hints = folders
    .flatMap((folder) => filesIn(folder, '.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/hint: *(['"`])(.*?)\1[,\s}]/g)].map(([, , hint = '']) => hint));
  const foreign = hints.filter((hint) => commandsIn(hint).some(({ side }) => side === other));
  expect(foreign.filter((hint) => !saysWhere(hint, other))).toEqual([]);
});
