import { Command, CommanderError, Option } from 'commander';
import type { Output } from '../print/output.ts';
import { asProblem, Problem, type ProgramName, problems } from '../problem.ts';
import { release } from '../release.ts';
import { type ExitStatus, exitStatuses, explainExits } from './exit-codes.ts';
import { showProblem } from './show-problem.ts';

/** Where a program runs: what it writes to, the signal of the first Ctrl-C, and who answers. */
export interface Terminal {
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Asks the person at the terminal; absent where there is none. */
  readonly answer?: (question: string) => Promise<string>;
}

/** What every command is given beside its own arguments. */
export interface Cli extends Terminal {
  /** Whether data and failures are wanted as JSON. */
  readonly json: boolean;
  /** The configuration file; it need not exist. */
  readonly configFile: string;
}

/** One example of a command's help: what is typed, and what it does. */
export type Example = readonly [typed: string, does: string];

/**
 * Makes the program that commands are added to; its options may stand before or after a command.
 */
export function createProgram(name: ProgramName, says: string, output: Output): Command {
  const columns = Math.max(60, Math.min(100, output.size().columns));
  return new Command(name)
    .description(says)
    .version(release, '-V, --version', 'show the release')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addOption(new Option('--config <file>', 'the configuration').env('GODWIT_CONFIG').default(`/etc/godwit/${name}.yaml`))
    .option('--json', 'print data, and failures too, as JSON')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => output.raw(text),
      // What commander would complain about becomes a Problem in runProgram.
      writeErr: () => undefined,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    })
    .exitOverride()
    .addHelpText('after', epilogue([], Object.keys(exitStatuses).map(Number) as ExitStatus[]));
}

/** The end of a help text: examples, then the exit statuses beside 0, 1 and 2. */
export function epilogue(examples: readonly Example[], statuses: readonly ExitStatus[]): string {
  const shown = examples.flatMap(([typed, does]) => [`  $ ${typed}`, `      ${does}`]);
  return [
    ...(shown.length > 0 ? ['', 'Examples:', ...shown] : []),
    '',
    'Exit status:',
    ...explainExits([...new Set<ExitStatus>([0, 1, 2, ...statuses])]),
  ].join('\n');
}

/** What a command is given, from the options of the program. */
export function cliOf(command: Command, terminal: Terminal): Cli {
  const { config, json } = command.optsWithGlobals<{ config: string; json?: true }>();
  return { ...terminal, json: json === true, configFile: config };
}

/**
 * Runs a program with the arguments after its name, shows a failure, and returns the exit status.
 */
export async function runProgram(program: Command, args: readonly string[], output: Output): Promise<number> {
  try {
    if (args.length === 0) {
      program.outputHelp();
      return problems.E_USAGE.exit;
    }
    await program.parseAsync([...args], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (thrown) {
    const problem = problemOf(thrown);
    if (problem === undefined) return 0;
    showProblem(problem, output, { json: args.includes('--json'), program: program.name() as ProgramName });
    return problem.exit;
  }
}

/** Commander ends help and version by throwing, too; these are no problems. */
function problemOf(thrown: unknown): Problem | undefined {
  if (!(thrown instanceof CommanderError)) return asProblem(thrown);
  if (thrown.exitCode === 0) return undefined;
  if (thrown.code === 'commander.help') return new Problem('E_USAGE', 'This command needs one of its own commands.');
  const says = thrown.message.replace(/^error: /, '').replace(/\n/g, ' ');
  return new Problem('E_USAGE', `${says.charAt(0).toUpperCase()}${says.slice(1)}${/[.)?]$/.test(says) ? '' : '.'}`);
}
