import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { fromJson, Problem } from '../../shared/problem.ts';

const ProblemBody = z.object({ code: z.string().max(64), says: z.string(), hint: z.string(), about: z.string().optional() });

/** Longest refusal that is read from the other side. */
const bodyBytes = 16 * 1024;

/** Answers an upgrade with a status and a problem as JSON, and closes. */
export function refuse(socket: Duplex, status: 403 | 426 | 500 | 503, problem: Problem): void {
  const reasons = { 403: 'Forbidden', 426: 'Upgrade Required', 500: 'Internal Server Error', 503: 'Service Unavailable' };
  const body = `${JSON.stringify(problem)}\n`;
  const head = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Reads the problem from an HTTP refusal; any other answer becomes a sentence about its status. */
export async function readRefusal(response: IncomingMessage, from: string): Promise<Problem> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > bodyBytes) break;
      parts.push(part);
    }
    return problemFrom(JSON.parse(Buffer.concat(parts).toString('utf8')));
  } catch {
    const says = `What answers at ${from} is not a Godwit receiver: it refused the WebSocket with HTTP ${response.statusCode}.`;
    return new Problem('E_PEER_UNREACHABLE', says, { about: from });
  }
}

/** Copies a problem of the other side; its text is cut and loses control characters. */
export function problemFrom(json: unknown): Problem {
  const { code, says, hint, about } = ProblemBody.parse(json);
  return fromJson({
    code,
    says: plain(says, 500),
    hint: plain(hint, 500),
    about: about === undefined ? undefined : plain(about, 200),
  });
}

/** Text of an unknown client, bounded and without control or direction characters. */
export function plain(text: string, length: number): string {
  return text.slice(0, length).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
