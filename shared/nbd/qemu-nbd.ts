import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, open, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { confined, notFound } from '../confined.ts';
import type { BlockSource } from '../disk/block-source.ts';
import { asProblem, Problem } from '../problem.ts';
import { openNbd } from './source.ts';

/** Address space of a server: QEMU's threads and tables take some hundred MiB of it. */
const memoryBytes = 4 * 1024 ** 3;
/** Connections at once: one for each worker thread, and our own. */
const clients = 16;
/** Until the server accepts connections: milliseconds. */
const startMs = 15_000;
const pollMs = 10;
/** Between SIGTERM and SIGKILL: milliseconds. */
const graceMs = 2_000;

/**
 * Opens an image file as the guest sees it, through qemu-nbd(8) on a Unix socket: never a guessed
 * format, never a backing file. The server ends with us. Throws E_MISSING_TOOL, E_NBD.
 */
export async function serveImage(path: string, format: string, signal: AbortSignal): Promise<BlockSource> {
  const name = `${basename(path)}.nbd`;
  // What a server that was killed left is no socket any more.
  await rm(`${path}.nbd`, { force: true });
  // A socket's name has room for 107 bytes and a campaign's folder may need more: both sides go by
  // the open folder instead.
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  const server = await NbdServer.start(path, format, `/proc/self/fd/3/${name}`, folder.fd);
  const close = async (source?: BlockSource): Promise<void> => {
    await source?.close();
    await server.end();
    await folder.close();
    await rm(`${path}.nbd`, { force: true });
  };
  try {
    const source = await server.open(`/proc/self/fd/${folder.fd}/${name}`, signal);
    return {
      ...source,
      read: (offset, length, into) => source.read(offset, length, into).catch((error: unknown) => server.explain(error)),
      close: () => close(source),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A qemu-nbd process: what it said, and its end. */
class NbdServer {
  readonly #child: ChildProcess;
  #said = '';
  #ended: string | null = null;

  /** Starts qemu-nbd, which finds `folder` open as its file 3. */
  static async start(path: string, format: string, socket: string, folder: number): Promise<NbdServer> {
    const file = { driver: 'file', filename: path };
    const image = `json:${JSON.stringify({ driver: format, file, ...(format === 'qcow2' ? { backing: null } : {}) })}`;
    const options = ['--read-only', `--shared=${clients}`, `--socket=${socket}`];
    const [command, ...args] = await confined(['qemu-nbd', ...options, image], { memoryBytes });
    return new NbdServer(spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', folder] }));
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-2_000);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      this.#ended ??= error.code === 'ENOENT' ? 'is not installed' : `could not be started: ${error.message}`;
    });
    child.on('close', (code, by) => {
      if (code === notFound) this.#ended ??= 'is not installed';
      this.#ended ??= `ended (${by ?? `status ${code}`})${this.#said === '' ? '' : `: ${this.#said.trim()}`}`;
    });
  }

  /** Opens the server's only export as soon as it accepts connections. */
  async open(socket: string, signal: AbortSignal): Promise<BlockSource> {
    for (const end = performance.now() + startMs; ; ) {
      const source = await this.#tryToOpen(socket, signal);
      if (source !== null) return source;
      if (this.#ended !== null) throw this.#problem();
      if (performance.now() > end)
        throw new Problem('E_NBD', `qemu-nbd does not accept connections at ${socket}.`, { about: socket });
      await sleep(pollMs, undefined, { signal }).catch((error: unknown) => Promise.reject(asProblem(error)));
    }
  }

  /** Null while the server does not listen yet. */
  async #tryToOpen(socket: string, signal: AbortSignal): Promise<BlockSource | null> {
    if (!(await exists(socket))) return null;
    try {
      return await openNbd(socket, '', signal);
    } catch (error) {
      if (isRefusal(error)) return null;
      return await this.explain(error);
    }
  }

  /** Throws what the server died of where it died, and else what was thrown. */
  async explain(error: unknown): Promise<never> {
    if (asProblem(error).code !== 'E_NBD') throw error;
    // Its connections close a moment before its end is known.
    for (let waitedMs = 0; this.#ended === null && waitedMs < 200; waitedMs += pollMs) await sleep(pollMs);
    throw this.#ended === null ? error : this.#problem();
  }

  async end(): Promise<void> {
    if (this.#ended !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await closed;
    clearTimeout(late);
  }

  #problem(): Problem {
    return this.#ended === 'is not installed'
      ? new Problem('E_MISSING_TOOL', 'qemu-nbd is not installed; it reads images that are not raw.', { about: 'qemu-nbd' })
      : new Problem('E_NBD', `qemu-nbd ${this.#ended}.`);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * The socket's file appears with bind(2), and connections are refused until listen(2), a moment
 * later: on a busy machine we come between the two. A file that was removed since is made again.
 */
function isRefusal(error: unknown): boolean {
  const { cause } = asProblem(error);
  return cause instanceof Error && 'code' in cause && ['ECONNREFUSED', 'ENOENT'].includes(String(cause.code));
}
