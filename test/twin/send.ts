import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestFault } from './faults.ts';
import type { Answer, FileBody } from './route.ts';

/** Sends an answer, spoilt by a fault of its body if one is given. */
export async function send(
  response: ServerResponse,
  method: string,
  answer: Answer,
  spoiler: RequestFault | undefined,
): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.file !== undefined && method !== 'HEAD') return await sendFile(response, answer.status, answer.file, spoiler);
  const text = answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  const bytes = Buffer.from(text);
  if (bytes.length > 0 && !response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  if (answer.status !== 204 && !response.hasHeader('content-length')) response.setHeader('content-length', bytes.length);
  response.writeHead(answer.status);
  if (spoiler === undefined || method === 'HEAD' || bytes.length === 0) {
    response.end(method === 'HEAD' ? undefined : bytes);
    return;
  }
  // A cut JSON answer: its length was announced, its end never comes.
  response.write(bytes.subarray(0, spoiler.bytes ?? Math.floor(bytes.length / 2)), () => response.destroy());
}

async function sendFile(
  response: ServerResponse,
  status: number,
  file: FileBody,
  spoiler: RequestFault | undefined,
): Promise<void> {
  response.setHeader('content-type', 'application/octet-stream');
  // A truncated body is one that ends in good order, too early: the client can only know by
  // counting against the image's size.
  if (spoiler?.do !== 'truncate') response.setHeader('content-length', file.length);
  response.writeHead(status);
  if (file.length === 0) {
    response.end();
    return;
  }
  const source = createReadStream(file.path, {
    start: file.start,
    end: file.start + file.length - 1,
    highWaterMark: 1024 * 1024,
  });
  try {
    if (spoiler === undefined) await pipeline(source, response);
    else await pipeline(source, spoil(spoiler), response);
  } catch {
    // The client has disconnected, or a fault cuts the connection.
    response.destroy();
  }
}

/** A stream that cuts, ends early or flips one bit after some bytes. */
function spoil(fault: RequestFault): Transform {
  const limit = fault.bytes ?? 0;
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const offset = limit - passed;
      passed += chunk.length;
      if (offset < 0 || offset >= chunk.length) return done(null, fault.do === 'truncate' && offset < 0 ? undefined : chunk);
      if (fault.do === 'corrupt') {
        const flipped = Buffer.from(chunk);
        flipped[offset] = (flipped[offset] ?? 0) ^ 1;
        return done(null, flipped);
      }
      if (fault.do === 'truncate') return done(null, chunk.subarray(0, offset));
      this.push(chunk.subarray(0, offset));
      // One turn later, so that what was promised before the cut is on the wire.
      setTimeout(() => done(new Error('the line is cut')), 20);
      return undefined;
    },
  });
}
