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

/** By name of a wrapper: whether it can be used. */
const able = new Map<string, Promise<boolean>>();

/** Tries a wrapper once: it may not be installed, or a system call filter may forbid it. */
function isAble(wrapper: readonly string[]): Promise<boolean> {
  const [command = '', ...args] = wrapper;
  const known =
    able.get(command) ??
    run(command, [...args, 'true'], { timeout: 5_000 }).then(
      () => true,
      () => false,
    );
  able.set(command, known);
  return known;
}

/**
 * Confines a command as far as this machine can: setpriv(1) has the kernel end it when we end, and
 * prlimit(1) bounds it. Both replace themselves by the command, whose pid is then the child's.
 */
export async function confined(command: readonly string[], { memoryBytes, cpuSeconds }: Bounds): Promise<[string, ...string[]]> {
  const mortal = ['setpriv', '--pdeathsig', 'KILL'];
  const bounded = ['prlimit', `--as=${memoryBytes}`, ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`])];
  const wrappers = [...((await isAble(mortal)) ? mortal : []), ...((await isAble(bounded)) ? bounded : [])];
  return [...wrappers, ...command] as unknown as [string, ...string[]];
}

/** Status with which a wrapper ends that does not find the command; see setpriv(1). */
export const notFound = 127;
