import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { abortable } from '../../shared/concurrency/abortable.ts';
import { Problem } from '../../shared/problem.ts';
import { readRefusal } from './refusal.ts';

/** An open WebSocket and the headers its upgrade was answered with. */
export interface Upgraded {
  readonly webSocket: WebSocket;
  readonly headers: IncomingHttpHeaders;
}

/** How to ask for an upgrade. */
export interface UpgradeRequest {
  readonly protocol: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly messageBytes: number;
  /** The peer, for sentences. */
  readonly about: string;
}

/** Turns a TLS socket into a paused WebSocket; throws the problem of a receiver that refuses. */
export async function upgrade(socket: TLSSocket, request: UpgradeRequest, signal: AbortSignal): Promise<Upgraded> {
  const { about } = request;
  // The URL only fills the Host header: the socket is already open, proved and pinned.
  const webSocket = new WebSocket('ws://receiver/', request.protocol, {
    createConnection: () => socket,
    headers: request.headers,
    maxPayload: request.messageBytes,
    // Disks are compressed block by block where it pays; deflating again would gain nothing.
    perMessageDeflate: false,
    // RFC 6455 masks payloads because of proxies; inside TLS there are none, and masking costs nine
    // tenths of the throughput. ws skips a mask of zeros.
    generateMask: zeroMask,
  });
  let headers: IncomingHttpHeaders = {};
  // ws reports a failure as `error`, then `close`; an unheard `error` would end the process.
  webSocket.on('error', () => undefined);
  webSocket.once('upgrade', (response: IncomingMessage) => {
    headers = response.headers;
  });
  try {
    await abortable<void>(
      [signal],
      (resolve, reject) => {
        webSocket.once('open', () => {
          // Within the event: bytes that came with the answer are delivered before any promise
          // runs.
          webSocket.pause();
          resolve();
        });
        webSocket.once('error', reject);
        webSocket.once('close', () => reject(new Error('the connection was closed')));
        webSocket.once('unexpected-response', (_request, response) => void readRefusal(response, about).then(reject, reject));
      },
      () => webSocket.terminate(),
    );
  } catch (error) {
    webSocket.terminate();
    socket.destroy();
    signal.throwIfAborted();
    if (error instanceof Problem) throw error;
    const says = `What answers at ${about} is not a Godwit receiver: ${(error as Error).message}.`;
    throw new Problem('E_PEER_UNREACHABLE', says, { about, cause: error });
  }
  return { webSocket, headers };
}

function zeroMask(mask: Buffer): void {
  mask.fill(0);
}
