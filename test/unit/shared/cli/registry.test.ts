import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { receiverProgram } from '../../../../receiver/cli/program.ts';
import { receiverCommands } from '../../../../receiver/control/registry.ts';
import { senderProgram } from '../../../../sender/cli/program.ts';
import { senderCommands } from '../../../../sender/control/registry.ts';
import { runProgram } from '../../../../shared/cli/program.ts';
import type { AnyCommand } from '../../../../shared/control/command.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';

/** Commands that the command line offers under another name: as an option or as a part. */
const elsewhere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sender: {
    checkPlan: 'plan', // --check: a plan that was edited
    watch: 'status', // --watch: the status, on and on
    follow: 'log', // --follow: the journal, on and on
    beginExport: 'export', // its first half
    bundle: 'export', // its second half
  },
  receiver: {
    check: 'import', // --check: the same reading, without a write
    freeKept: 'kept', // --free, --older-than, --all
  },
};

const sides = [
  { side: 'sender', commands: senderCommands, make: senderProgram },
  { side: 'receiver', commands: receiverCommands, make: receiverProgram },
];

const rows = sides.flatMap(({ side, commands, make }) =>
  Object.entries<AnyCommand>(commands).map(([name, command]) => ({ side, name, command, make })),
);

const terminal = { output: aRecordingOutput(), signal: new AbortController().signal };

/** The help of a command, in words: without the line breaks of its layout. */
function helpOf(program: Command, name: string): string {
  const command = program.commands.find((one) => one.name() === name);
  return command?.helpInformation().replace(/\s+/g, ' ') ?? '';
}

describe.each(rows)('the command $name of the $side', ({ side, name, command, make }) => {
  test('is offered on the command line, whose help says what it does', () => {
    const help = helpOf(make(terminal), elsewhere[side]?.[name] ?? name).toLowerCase();
    expect(help).toContain(command.does.replace(/\.$/, '').toLowerCase());
  });

  test('has every exit status that it declares in its help, and those of a daemon that is away and of an interruption', async () => {
    const output = aRecordingOutput();
    await runProgram(make({ ...terminal, output }), [elsewhere[side]?.[name] ?? name, '--help'], output);
    const listed = output.text().split('Exit status:')[1] ?? '';
    const statuses = [...listed.matchAll(/^ +(\d+) {2}/gm)].map(([, status]) => Number(status));
    expect(statuses).toEqual(expect.arrayContaining([0, 1, 2, 3, 41, ...(command.exits ?? [])]));
  });

  test('says what it does in whole sentences', () => {
    expect(command.does).toMatch(/^[A-Z].*\.$/s);
  });
});

test.each(sides)('no command of the $side is said to be elsewhere that the registry does not have', ({ side, commands }) => {
  expect(Object.keys(elsewhere[side] ?? {}).filter((name) => !Object.hasOwn(commands, name))).toEqual([]);
});
