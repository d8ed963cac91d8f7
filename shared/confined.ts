import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a child that handles bytes of strangers may use. */
export interface Bounds {
  /** Address space; what it maps counts, not only what it touches. */
  readonly memoryBytes: number;
  /** Processor time, where its work is short. */
  readonly cpuSeconds?: number;
}

const works = new Map<string, Promise<boolean>>();

/** Tries a wrapper once: a machine may lack it, and a system call filter may forbid it. */
function isAble(wrapper: readonly string[]): Promise<boolean> {
  const [command = '', ...args] = wrapper;
  const known =
    works.get(command) ??
    run(command, [...args, 'true'], { timeout: 5_000 }).then(
      () => true,
      () => false,
    );
  works.set(command, known);
  return known;
}

/**
 * Puts what confines a command before it, as far as this machine can: setpriv(1) has the kernel end it with us, however we end, and
 * prlimit(1) bounds it. Both are of util-linux; they replace themselves by the command, so that its pid is the child's.
 */
export async function confined(command: readonly string[], { memoryBytes, cpuSeconds }: Bounds): Promise<[string, ...string[]]> {
  const mortal = ['setpriv', '--pdeathsig', 'KILL'];
  const bounded = ['prlimit', `--as=${memoryBytes}`, ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`])];
  const wrappers = [...((await isAble(mortal)) ? mortal : []), ...((await isAble(bounded)) ? bounded : [])];
  return [...wrappers, ...command] as unknown as [string, ...string[]];
}

/** Status with which a wrapper ends that does not find the command; see setpriv(1). */
export const notFound = 127;
