import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** Every call that can change a file or a folder, or makes such a change durable. */
const traced = [
  ...['open', 'openat', 'openat2', 'creat', 'close', 'lseek', 'dup', 'dup2', 'dup3'],
  ...['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'copy_file_range', 'sendfile', 'splice'],
  ...['truncate', 'ftruncate', 'fallocate', 'fsync', 'fdatasync', 'sync_file_range', 'syncfs', 'sync'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir'],
];

/** Bytes of one write that strace shows; a longer one is an error of the recording. */
const mostBytes = 8 * 1024 * 1024;

/** Why nothing can be recorded on this machine; null where it can. */
export function lacksStrace(): string | null {
  try {
    execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'strace is not installed, or this process may not trace another';
  }
}

/** How a process is traced. */
export interface Tracing {
  /** Where strace writes its log. */
  readonly log: string;
  /** A fault that strace injects, in its own words: `fdatasync:error=EIO:when=2`. */
  readonly inject: string | undefined;
}

/** Starts a program of Node under strace, with its children and threads. */
export function startTraced(args: readonly string[], { log, inject }: Tracing): ChildProcess {
  const faults = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const options = ['-f', '-qq', '-y', '-xx', '-s', `${mostBytes}`, '-e', 'signal=none', '-e', `trace=${traced.join(',')}`];
  // What goes through an io_uring is no system call, and strace cannot see it. One thread of libuv
  // makes a fault's number the same each time.
  const env = {
    ...process.env,
    UV_USE_IO_URING: '0',
    // Files that are not the product's own are not to be written under strace.
    NODE_DISABLE_COMPILE_CACHE: '1',
    ...(inject === undefined ? {} : { UV_THREADPOOL_SIZE: '1' }),
  };
  // The filter spares calls that are not traced their stops; strace 6.1 injects no signal with it.
  const filter = inject?.includes('signal=') === true ? [] : ['--seccomp-bpf'];
  const command = [...filter, ...options, ...faults, '-o', log, process.execPath, ...args];
  return spawn('strace', command, { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * Runs a program of Node under strace until it ends, and returns strace's log. Throws where it ends
 * with another status than 0 or SIGKILL, by which a life may end itself.
 */
export async function trace(args: readonly string[], tracing: Tracing): Promise<string> {
  const child = startTraced(args, tracing);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (status !== 0 && signal !== 'SIGKILL') throw new Error(`A traced process ended with ${status ?? signal}: ${said}`);
  return readFile(tracing.log, 'utf8');
}
