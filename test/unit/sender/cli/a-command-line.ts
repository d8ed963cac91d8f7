import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { senderProgram } from '../../../../sender/cli/program.ts';
import type { SenderStatus } from '../../../../sender/control/commands/status.ts';
import { runProgram, type Terminal } from '../../../../shared/cli/program.ts';
import { type ControlServer, serveControl } from '../../../../shared/control/serve.ts';
import { answeredBy, aRecordedDaemon, type RecordedDaemon } from '../../../support/recorded-daemon.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';

/** The sender's command line with a folder of its own, before a daemon that answers from a list. */
export class CommandLine {
  readonly home: string;
  output = aRecordingOutput();
  daemon: RecordedDaemon = aRecordedDaemon();
  #server: ControlServer | undefined;

  private constructor(home: string) {
    this.home = home;
  }

  static async open(): Promise<CommandLine> {
    const line = new CommandLine(await mkdtemp(join(tmpdir(), 'godwit-cli-')));
    await writeFile(line.file('sender.yaml'), `state: ${line.home}\ncloud: {settings: {cloud: a}}\n`);
    await line.serve(line.daemon);
    return line;
  }

  async close(): Promise<void> {
    process.exitCode = undefined;
    await this.stop();
    await rm(this.home, { recursive: true, force: true });
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.home, name);
  }

  /** Puts another daemon behind the control socket. */
  async serve(daemon: RecordedDaemon): Promise<void> {
    await this.stop();
    this.daemon = daemon;
    this.#server = await serveControl(this.file('control.sock'), answeredBy(daemon), undefined, pino({ level: 'silent' }));
  }

  /** Stops the daemon. */
  async stop(): Promise<void> {
    await this.#server?.close();
  }

  /** Runs one command as a script would, and returns its exit status. */
  async run(...args: readonly string[]): Promise<number> {
    return await this.#runOn({ output: this.output, signal: AbortSignal.timeout(10_000) }, args);
  }

  /** Runs one command on a terminal where a person answers every question the same. */
  async runAnswering(answer: string, ...args: readonly string[]): Promise<number> {
    const asked = async (question: string): Promise<string> => {
      this.output.tell(question);
      return answer;
    };
    return await this.#runOn({ output: this.output, signal: AbortSignal.timeout(10_000), answer: asked }, args);
  }

  async #runOn(terminal: Terminal, args: readonly string[]): Promise<number> {
    process.exitCode = undefined;
    const program = senderProgram(terminal);
    return await runProgram(program, [...args, '--config', this.file('sender.yaml')], this.output);
  }

  /** What the daemon answers first. */
  status(): SenderStatus {
    const [first] = aRecordedDaemon().statuses;
    if (first === undefined) throw new Error('The daemon has no status.');
    return first;
  }

  /** What was printed, as JSON. */
  printed(): unknown {
    return JSON.parse(this.output.text());
  }

  /** What was printed beside the result. */
  told(): string {
    return this.output.err.join('');
  }
}
