import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Problem } from '../problem.ts';

/** Longest path of a Unix socket on Linux, with its closing zero (unix(7), sun_path). */
const longestPath = 108;

/**
 * Makes room for a socket: makes its folder (0700), and removes a socket that nobody answers at.
 * Throws E_LISTEN when somebody answers, when another file is there, or when the path is too long.
 */
export async function clearSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) >= longestPath) {
    throw new Problem('E_LISTEN', `The socket path ${path} is longer than ${longestPath - 1} bytes.`, { about: path });
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Problem('E_LISTEN', `${path} exists and is not a socket.`, { about: path });
  if (await answers(path)) throw new Problem('E_LISTEN', `Another daemon answers at ${path}.`, { about: path });
  await rm(path, { force: true });
}

/** Lets nobody but the daemon's user and root use a socket. */
export async function closeToOthers(path: string): Promise<void> {
  await chmod(path, 0o600);
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ path });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refusal proves that nobody listens; a full queue does not.
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}
