import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { asProblem, Problem } from '../problem.ts';
import type { AnyCommand, Commands } from './command.ts';
import { clearSocket, closeToOthers } from './socket-file.ts';
import { longestBytes, problemTrailer } from './wire.ts';

/** A control socket that is being served. */
export interface ControlServer {
  /** Refuses new commands, ends streams, waits for commands under way, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Serves `POST /<command>` on a Unix socket; params are JSON in the body, in the query of an
 * upload. An answer is `{"result"}` or `{"problem", "exit"}`; a stream has one a line.
 */
export async function serveControl<C>(path: string, commands: Commands<C>, context: C, log: Log): Promise<ControlServer> {
  const ending = new AbortController();
  const server = createServer((request, response) => {
    answer(request, response, commands, context, ending.signal).catch((error: unknown) => {
      log.warn({ error }, 'a command on the control socket was cut off');
      response.destroy();
    });
  });
  // No time limit: the capture of a large tenant may take long, and a caller that leaves closes its
  // socket.
  server.requestTimeout = 0;
  await opened(server, path);
  return { close: () => closed(server, ending) };
}

/** Throws E_LISTEN. */
async function opened(server: Server, path: string): Promise<void> {
  try {
    await clearSocket(path);
    server.listen({ path });
    await once(server, 'listening');
    await closeToOthers(path);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('E_LISTEN', `The control socket ${path} cannot be made: ${(cause as Error).message}.`, {
      about: path,
      cause,
      hint: 'Run the daemon as the user who owns its folder, or choose another `control`.',
    });
  }
}

async function closed(server: Server, ending: AbortController): Promise<void> {
  ending.abort();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

async function answer<C>(
  request: IncomingMessage,
  response: ServerResponse,
  commands: Commands<C>,
  context: C,
  ending: AbortSignal,
): Promise<void> {
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  const signal = AbortSignal.any([leaving.signal, ending]);
  try {
    const command = commandOf(request, commands);
    const params = paramsOf(command, command.kind === 'upload' ? queryOf(request) : await bodyOf(request));
    const running = command.run(params as never, context, signal, request);
    if (command.kind === 'download') await give(running as AsyncIterable<Buffer>, response, signal);
    else if (Symbol.asyncIterator in running) await stream(running, response, signal);
    else send(response, 200, { result: await running });
  } catch (thrown) {
    refuse(response, asProblem(thrown));
  }
}

function commandOf<C>(request: IncomingMessage, commands: Commands<C>): AnyCommand<C> {
  const name = (request.url ?? '').slice(1).split('?', 1)[0] ?? '';
  if (!Object.hasOwn(commands, name)) {
    throw new Problem('E_USAGE', `The daemon has no command ${JSON.stringify(name)}.`, {
      hint: 'The daemon and this command are of different releases: restart the daemon.',
    });
  }
  if (request.method !== 'POST') throw new Problem('E_USAGE', `Commands are sent with POST, not ${request.method}.`);
  return commands[name] as AnyCommand<C>;
}

function queryOf(request: IncomingMessage): unknown {
  const params = new URL(request.url ?? '', 'http://daemon').searchParams.get('params');
  try {
    return JSON.parse(params ?? '{}');
  } catch {
    throw new Problem('E_USAGE', 'The request is not JSON.');
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > longestBytes) throw new Problem('E_TOO_LARGE', `The request is longer than ${longestBytes} bytes.`);
    pieces.push(piece);
  }
  try {
    return length === 0 ? {} : JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new Problem('E_USAGE', 'The request is not JSON.');
  }
}

function paramsOf(command: AnyCommand, body: unknown): unknown {
  const parsed = command.params.safeParse(body);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'parameters'}: ${issue.message}`);
  throw new Problem('E_USAGE', `The daemon does not understand the request: ${complaints.join('; ')}.`);
}

async function stream(answers: AsyncIterable<unknown>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  for await (const result of answers) {
    if (signal.aborted) break;
    if (!response.write(`${JSON.stringify({ result })}\n`)) await once(response, 'drain', { signal }).catch(() => undefined);
  }
  response.end();
}

/**
 * Sends bytes as they come; a failure before the first is an ordinary refusal, a later one is in
 * the trailer.
 */
async function give(bytes: AsyncIterable<Buffer>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      signal.throwIfAborted();
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/octet-stream', trailer: problemTrailer });
      if (!response.write(next.value)) await once(response, 'drain', { signal });
    }
  } catch (thrown) {
    if (!response.headersSent) throw thrown;
    const problem = asProblem(thrown);
    const failure = JSON.stringify({ problem: problem.toJSON(), exit: problem.exit });
    response.addTrailers({ [problemTrailer]: Buffer.from(failure).toString('base64') });
  } finally {
    await iterator.return?.();
  }
  response.end();
}

/** Answers with a problem; after the head is out, as the last line of a stream. */
function refuse(response: ServerResponse, problem: Problem): void {
  const body = { problem: problem.toJSON(), exit: problem.exit };
  if (response.headersSent) response.end(`${JSON.stringify(body)}\n`);
  else send(response, problem.exit === 2 ? 400 : 500, body);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
