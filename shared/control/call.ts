import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fromJson, Problem, type ProblemJson } from '../problem.ts';
import { longestBytes, problemTrailer } from './wire.ts';

/** What comes back: the answer of a command, or why there is none. */
type ControlAnswer = { readonly result?: unknown; readonly problem?: ProblemJson };

/**
 * Asks for a command that answers once, and throws its failure as it was in the daemon. Throws
 * E_DAEMON_DOWN when nobody listens, E_CONTROL_DENIED when this user may not ask.
 */
export async function callControl<T>(path: string, command: string, params: object = {}, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, command, params, signal);
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > longestBytes) throw new Problem('E_TOO_LARGE', `The daemon's answer is longer than ${longestBytes} bytes.`);
      pieces.push(piece);
    }
  } catch (error) {
    throw cutOff(error, path, signal);
  }
  return resultOf(Buffer.concat(pieces).toString('utf8'), path) as T;
}

/** Asks for a stream and yields its answers until it ends or the signal aborts. */
export async function* followControl<T>(path: string, command: string, params: object, signal: AbortSignal): AsyncGenerator<T> {
  const response = await ask(path, command, params, signal);
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield resultOf(line, path) as T;
    }
    // A socket cut in the middle of a stream ends the lines without an error.
    if (!response.complete && !signal.aborted) throw new Error('the connection was cut');
  } catch (error) {
    if (signal.aborted) return;
    throw cutOff(error, path, signal);
  } finally {
    response.destroy();
  }
}

/** Uploads bytes of whatever length to a command, and yields its answers meanwhile. */
export async function* sendControl<T>(
  path: string,
  command: string,
  params: object,
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const query = new URLSearchParams({ params: JSON.stringify(params) });
  const asking = request({ socketPath: path, path: `/${command}?${query.toString()}`, method: 'POST', agent: false, signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve);
    // A daemon that has answered and takes no more bytes has not failed.
    asking.on('error', (error) => reject(cutOff(error, path, signal)));
  });
  const sending = pipeline(bytes, asking).catch(() => undefined);
  try {
    const response = await answered;
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY }))
      yield resultOf(line, path) as T;
    // As in `followControl`: a daemon that died in the middle has not finished.
    if (!response.complete) throw new Error('the connection was cut');
  } catch (error) {
    throw cutOff(error, path, signal);
  } finally {
    asking.destroy();
    await sending;
  }
}

/**
 * Asks for a download and yields its bytes. Throws what ended it, before the first byte or later.
 */
export async function* fetchControl(path: string, command: string, params: object, signal: AbortSignal): AsyncGenerator<Buffer> {
  const response = await ask(path, command, params, signal);
  try {
    if (response.statusCode !== 200) {
      resultOf(await text(response), path);
      return;
    }
    yield* response as AsyncIterable<Buffer>;
    const failure = response.trailers[problemTrailer];
    if (failure !== undefined) resultOf(Buffer.from(failure, 'base64').toString('utf8'), path);
    if (!response.complete) throw new Error('the connection was cut');
  } catch (error) {
    throw cutOff(error, path, signal);
  } finally {
    response.destroy();
  }
}

async function ask(path: string, command: string, params: object, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const body = JSON.stringify(params);
  return await new Promise((resolve, reject) => {
    const asking = request(
      {
        socketPath: path,
        path: `/${command}`,
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    asking.on('error', (error) => reject(cutOff(error, path, signal)));
    asking.end(body);
  });
}

function resultOf(text: string, path: string): unknown {
  let answer: ControlAnswer;
  try {
    answer = JSON.parse(text) as ControlAnswer;
  } catch {
    throw new Problem('E_DAEMON_DOWN', `The daemon at ${path} broke off its answer.`, { about: path });
  }
  if (answer.problem !== undefined) throw fromJson(answer.problem);
  return answer.result;
}

function cutOff(thrown: unknown, path: string, signal: AbortSignal | undefined): Problem {
  if (thrown instanceof Problem) return thrown;
  if (signal?.aborted) return new Problem('E_CANCELLED', 'The command was interrupted; the daemon continues.', { cause: thrown });
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return new Problem('E_CONTROL_DENIED', `This user may not talk to the daemon at ${path}.`, { about: path, cause: thrown });
  }
  const absent = code === 'ENOENT' || code === 'ECONNREFUSED';
  const says = absent ? `No daemon listens at ${path}.` : `The daemon at ${path} stopped answering: ${message}.`;
  return new Problem('E_DAEMON_DOWN', says, { about: path, cause: thrown });
}
