import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callControl, followControl } from '../../../../shared/control/call.ts';
import { clientOf } from '../../../../shared/control/client.ts';
import { command, download, stream, upload } from '../../../../shared/control/command.ts';
import { type ControlServer, serveControl } from '../../../../shared/control/serve.ts';
import { Problem } from '../../../../shared/problem.ts';

const log = pino({ level: 'silent' });
let home: string;
let socket: string;
let server: ControlServer;
let readerLeft: Promise<void>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-control-'));
  socket = join(home, 'run', 'control.sock');
  const left = Promise.withResolvers<void>();
  readerLeft = left.promise;
  const does = 'Something.';
  const commands = {
    double: command({ does, params: z.object({ number: z.number() }), run: async ({ number }) => number * 2 }),
    refuse: command({
      does,
      params: z.object({}),
      run: async () => {
        throw new Problem('E_QUOTA', 'The quota is zero.', { about: 'network/1' });
      },
    }),
    break: command({
      does,
      params: z.object({}),
      run: async () => {
        throw new TypeError('undefined is not a function');
      },
    }),
    count: stream({
      does,
      params: z.object({ to: z.number() }),
      run: async function* ({ to }) {
        for (let number = 1; number <= to; number++) yield number;
      },
    }),
    fade: stream({
      does,
      params: z.object({}),
      run: async function* () {
        yield 1;
        throw new Problem('E_PEER_LOST', 'Gone.');
      },
    }),
    forever: stream({
      does,
      params: z.object({}),
      run: async function* (_, __, signal) {
        for (let number = 0; !signal.aborted; number++) {
          yield number;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        left.resolve();
      },
    }),
  };
  server = await serveControl(socket, commands, undefined, log);
});

afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

/** Sends raw words and returns the status and the JSON that come back. */
async function post(path: string, body: string, method = 'POST'): Promise<{ status: number | undefined; body: unknown }> {
  return await new Promise((resolve, reject) => {
    const asking = request({ socketPath: socket, path, method }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => {
        text += data;
      });
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

describe('the control socket', () => {
  test('answers a command with what the daemon returns', async () => {
    expect(await callControl(socket, 'double', { number: 21 })).toBe(42);
  });

  test('is open to the user of the daemon alone', async () => {
    expect(((await stat(socket)).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(join(home, 'run'))).mode & 0o777).toString(8)).toBe('700');
  });

  test('hands a failure over as it was: code, sentence, what it is about, exit status', async () => {
    await expect(callControl(socket, 'refuse')).rejects.toMatchObject({
      code: 'E_QUOTA',
      message: 'The quota is zero.',
      about: 'network/1',
    });
    expect(await post('/refuse', '{}')).toMatchObject({ status: 500, body: { problem: { code: 'E_QUOTA' }, exit: 21 } });
    await expect(callControl(socket, 'break')).rejects.toMatchObject({ code: 'E_BUG' });
  });

  test.each([
    ['an unknown command', '/nothing', '{}', 'POST'],
    ['a name of every object', '/constructor', '{}', 'POST'],
    ['no JSON', '/double', '{number', 'POST'],
    ['wrong parameters', '/double', '{"number":"x"}', 'POST'],
    ['another method', '/double', '', 'GET'],
  ])('refuses %s as the caller’s mistake', async (_, path, body, method) => {
    expect(await post(path, body, method)).toMatchObject({ status: 400, body: { problem: { code: 'E_USAGE' }, exit: 2 } });
  });

  test('lives on when it is sent garbage', async () => {
    await new Promise<void>((resolve) => {
      const garbage = connect({ path: socket }, () => garbage.end('\0\x01 not HTTP at all\r\n\r\n'));
      garbage.on('close', () => resolve());
      garbage.on('error', () => resolve());
      garbage.resume();
    });
    expect(await callControl(socket, 'double', { number: 1 })).toBe(2);
  });

  test('goes on answering where a command does, and ends with its end', async () => {
    const numbers: number[] = [];
    for await (const number of followControl<number>(socket, 'count', { to: 1_000 }, AbortSignal.timeout(5_000)))
      numbers.push(number);
    expect([numbers.length, numbers.at(-1)]).toEqual([1_000, 1_000]);
  });

  test('ends a stream with the problem that ended it', async () => {
    const numbers: number[] = [];
    const read = async (): Promise<void> => {
      for await (const number of followControl<number>(socket, 'fade', {}, AbortSignal.timeout(5_000))) numbers.push(number);
    };
    await expect(read()).rejects.toMatchObject({ code: 'E_PEER_LOST' });
    expect(numbers).toEqual([1]);
  });

  test('notices when the reader of a stream leaves', async () => {
    const leaving = new AbortController();
    for await (const number of followControl<number>(socket, 'forever', {}, leaving.signal)) if (number === 2) leaving.abort();
    await readerLeft;
  });

  test('closes while a stream is open', async () => {
    const reading = followControl<number>(socket, 'forever', {}, AbortSignal.timeout(5_000));
    await reading.next();
    await server.close();
    for await (const _ of reading);
    await expect(callControl(socket, 'double', { number: 1 })).rejects.toMatchObject({ code: 'E_DAEMON_DOWN' });
  });
});

describe('opening a control socket', () => {
  test('takes the place of one whose daemon died', async () => {
    const stale = join(home, 'stale.sock');
    const code = `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, ['-e', code]);
    expect((await stat(stale)).isSocket()).toBe(true);
    const next = await serveControl(stale, {}, undefined, log);
    await next.close();
  });

  test('refuses a place where another daemon answers, where a file stands, or whose path is too long', async () => {
    await expect(serveControl(socket, {}, undefined, log)).rejects.toMatchObject({ code: 'E_LISTEN' });
    await writeFile(join(home, 'file'), 'keep me');
    await expect(serveControl(join(home, 'file'), {}, undefined, log)).rejects.toMatchObject({ code: 'E_LISTEN' });
    await expect(serveControl(join(home, 'x'.repeat(100)), {}, undefined, log)).rejects.toMatchObject({ code: 'E_LISTEN' });
  });
});

async function all<T>(answers: AsyncIterable<T>): Promise<T[]> {
  const heard: T[] = [];
  for await (const answer of answers) heard.push(answer);
  return heard;
}

describe('a client', () => {
  const does = 'Something.';
  const commands = {
    add: command({
      does,
      params: z.object({ to: z.number().default(1) }),
      run: async ({ to }, context: { readonly sum: number }) => context.sum + to,
    }),
    spell: stream({
      does,
      params: z.object({ word: z.string() }),
      run: async function* ({ word }) {
        yield* word;
      },
    }),
    give: download({
      does,
      params: z.object({ pieces: z.number() }),
      run: async function* ({ pieces }) {
        for (let piece = 0; piece < pieces; piece++) yield Buffer.from(`${piece};`);
      },
    }),
    weigh: upload({
      does,
      params: z.object({ unit: z.string() }),
      run: async function* ({ unit }, _, __, bytes) {
        for await (const piece of bytes) yield `${piece.length} ${unit}`;
      },
    }),
  };
  const signal = AbortSignal.timeout(10_000);
  let other: ControlServer;
  let client: ReturnType<typeof clientOf<typeof commands>>;

  beforeEach(async () => {
    const path = join(home, 'client.sock');
    other = await serveControl(path, commands, { sum: 40 }, log);
    client = clientOf(path, commands);
  });

  afterEach(() => other.close());

  test('asks a command once, with defaults for what it leaves out, and the daemon answers with what it has', async () => {
    expect([await client.add(), await client.add({ to: 2 })]).toEqual([41, 42]);
  });

  test('reads what a command goes on answering', async () => {
    expect(await all(client.spell({ word: 'abc' }, signal))).toEqual(['a', 'b', 'c']);
  });

  test('reads bytes where they are the answer', async () => {
    expect(Buffer.concat(await all(client.give({ pieces: 3 }, signal))).toString()).toBe('0;1;2;');
  });

  test('gives bytes, with the parameters beside them, and reads the answers', async () => {
    const bytes = (async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(5);
    })();
    expect(await all(client.weigh({ unit: 'bytes' }, bytes, signal))).toEqual(['5 bytes']);
  });
});

test('asking where no daemon is says so, and how to start one', async () => {
  await expect(callControl(join(home, 'none.sock'), 'status')).rejects.toMatchObject({ code: 'E_DAEMON_DOWN', exit: 3 });
});
