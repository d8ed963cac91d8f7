import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/**
 * Runs a program of this machine to its end and gives what it printed; throws with what it said
 * when it failed.
 */
export async function tool(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    const { stdout } = await exec(file, args, { env: { ...process.env, LC_ALL: 'C', ...env }, maxBuffer: 256 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`${file} ${args.slice(0, 6).join(' ')} failed: ${stderr.trim().slice(-2000) || message}`, { cause: error });
  }
}

/** Runs a line of shell as `tool` does; a pipeline fails when any part of it does. */
export function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return tool('bash', ['-o', 'pipefail', '-ec', line], env);
}
