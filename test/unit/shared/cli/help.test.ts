import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { receiverProgram } from '../../../../receiver/cli/program.ts';
import { senderProgram } from '../../../../sender/cli/program.ts';
import { exitStatuses } from '../../../../shared/cli/exit-codes.ts';
import { runProgram, type Terminal } from '../../../../shared/cli/program.ts';
import { type ProblemKind, problems } from '../../../../shared/problem.ts';
import { aRecordingOutput, type RecordingOutput } from '../../../support/recording-output.ts';

const programs: Readonly<Record<string, (terminal: Terminal) => Command>> = { sender: senderProgram, receiver: receiverProgram };

function make(name: string): { program: Command; output: RecordingOutput; run: (...args: string[]) => Promise<number> } {
  const output = aRecordingOutput();
  const program = (programs[name] as (terminal: Terminal) => Command)({ output, signal: new AbortController().signal });
  return { program, output, run: (...args) => runProgram(program, args, output) };
}

const commands = Object.keys(programs).flatMap((name) =>
  make(name).program.commands.map((command) => ({ name, command: command.name() })),
);

describe.each(Object.keys(programs))('the help of %s', (name) => {
  test('names every command and every exit status', async () => {
    const { output, run } = make(name);
    expect(await run('--help')).toBe(0);
    expect(output.text()).toMatchSnapshot();
  });
});

describe.each(commands)('the help of $name $command', ({ name, command }) => {
  test('says what it does, shows an example, and explains its exit statuses', async () => {
    const { output, run } = make(name);
    expect(await run(command, '--help')).toBe(0);
    expect(output.text()).toContain(`  $ ${name} ${command}`);
    expect(output.text()).toContain('Exit status:\n   0  done\n');
    expect(output.text()).toMatchSnapshot();
  });
});

test('every exit status of a problem is explained, and none that no problem has', () => {
  const used = new Set(Object.values<ProblemKind>(problems).map(({ exit }) => exit));
  expect(Object.keys(exitStatuses).map(Number)).toEqual([0, ...used].sort((a, b) => a - b));
});

describe('a mistyped command line', () => {
  test.each([
    [['migrat', 'plan.yaml'], "Unknown command 'migrat' (Did you mean migrate?)"],
    [['status', '--wtch'], "Unknown option '--wtch' (Did you mean --watch?)"],
    [['migrate'], "Missing required argument 'plan'."],
    [['unpair', 'a', 'b'], "Too many arguments for 'unpair'. Expected 1 argument but got 2."],
  ])('%j ends with 2 and says: %s', async (args, says) => {
    const { output, run } = make('sender');
    expect(await run(...args)).toBe(2);
    expect(output.err.join('')).toContain(`sender: ${says}`);
  });

  test('says so as JSON where JSON was asked for', async () => {
    const { output, run } = make('receiver');
    expect(await run('ledgr', '--json')).toBe(2);
    expect(JSON.parse(output.text())).toMatchObject({ problem: { code: 'E_USAGE' }, exit: 2 });
    expect(output.err).toEqual([]);
  });

  test('without a command shows the help, and ends with 2', async () => {
    const { output, run } = make('sender');
    expect(await run()).toBe(2);
    expect(output.text()).toContain('Commands:');
  });
});
