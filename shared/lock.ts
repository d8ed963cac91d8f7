import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { makeFolder, syncTree } from './durable.ts';
import { Problem } from './problem.ts';

/** How long the holder may take to answer with its pid before it is reported without one. */
const answerMs = 1_000;

/**
 * Makes this process the only daemon on a state directory, which it makes (0700), until it releases
 * it or dies. Throws E_STATE_LOCKED with the holder's pid.
 */
export async function holdState(dir: string): Promise<() => Promise<void>> {
  await makeFolder(dir);
  const name = await nameOf(dir);
  const server = createServer((asker) => {
    asker.on('error', () => asker.destroy());
    asker.end(`${process.pid}\n`);
  });
  if (!(await listened(server, name))) {
    const pid = await holderOf(name);
    const who = pid === undefined ? 'another process' : `process ${pid}`;
    throw new Problem('E_STATE_LOCKED', `The state directory ${dir} is in use by ${who}.`, { about: dir });
  }
  server.unref();
  await syncTree(dir);
  return async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

/** The pid of the daemon that holds a state directory; undefined when there is none. */
export async function stateHolder(dir: string): Promise<number | undefined> {
  return await holderOf(await nameOf(dir));
}

/**
 * An abstract socket (unix(7)): one process of a network namespace can bind it, by whatever path,
 * and the kernel frees it when that process dies.
 */
async function nameOf(dir: string): Promise<string> {
  const { dev, ino } = await stat(dir, { bigint: true });
  return `\0godwit-state-${dev}-${ino}`;
}

async function listened(server: Server, path: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen({ path }, () => resolve(true));
  });
}

async function holderOf(path: string): Promise<number | undefined> {
  const said = await new Promise<string>((resolve) => {
    let text = '';
    const asker = connect({ path, timeout: answerMs });
    asker.on('data', (data) => {
      text += data.toString('latin1').slice(0, 20);
    });
    asker.on('timeout', () => asker.destroy());
    asker.on('error', () => resolve(''));
    asker.on('close', () => resolve(text));
  });
  return /^\d+\n/.test(said) ? Number.parseInt(said, 10) : undefined;
}
