import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { Connection, type ConnectionOptions } from '../../protocol/connection/connection.ts';
import { type DataFrame, decodeData, encodeHeader } from '../../protocol/connection/frame.ts';
import { limits } from '../../protocol/limits.ts';
import type { Side } from '../../protocol/messages/message.ts';
import type { PackedPieces } from '../../protocol/messages/packed.ts';
import type { Handlers } from '../../protocol/messages.ts';
import { subprotocol } from '../../protocol/version.ts';
import { type Configurations, parseConfigurations } from '../../shared/model/configurations.ts';
import { Problem } from '../../shared/problem.ts';

/** One piece of a made-up disk: its bytes follow from its index, so that both ends can make it. */
export function aPiece(index: number): PackedPieces {
  const payload = Buffer.alloc(limits.pieceBytes);
  payload.writeUInt32BE(index + 1);
  return { codec: 'none', rawBytes: payload.length, payload };
}

/** A whole data frame, header and payload. */
export function encodeData(frame: DataFrame): Buffer {
  return Buffer.concat([encodeHeader(frame), frame.payload]);
}

/** The name of a session. */
export const aSession = '00112233445566778899aabbccddeeff';

/** A campaign id. */
export function aCampaign(): string {
  return randomUUID();
}

/** A document of an empty project. */
export function aDocument(): Configurations {
  return parseConfigurations({
    format: 'godwit/configurations',
    version: 2,
    created_at: '2026-11-21T12:00:00Z',
    release: '0.0.0',
    source: { provider: 'openstack', project_id: 'p', project_name: 'shop' },
  });
}

/** Handlers for everything a sender is asked; a test replaces those it is about. */
export function senderHandlers(some: Partial<Handlers<'sender'>> = {}): Handlers<'sender'> {
  return {
    'disk.pull': async ({ pieces: [first] }) => aPiece(first?.[0] ?? 0),
    'disk.refine': async () => ({ pieces: Buffer.alloc(8).toString('base64') }),
    'resource.built': async () => {},
    ...some,
  };
}

/** Handlers for everything a receiver is asked without a cloud; the others answer E_UNSUPPORTED. */
export function receiverHandlers(some: Partial<Handlers<'receiver'>> = {}): Handlers<'receiver'> {
  const notHere = async (): Promise<never> => {
    throw new Problem('E_UNSUPPORTED', 'This receiver has no cloud.');
  };
  return {
    'cloud.facts': notHere,
    'document.part': async () => ({}),
    'campaign.preflight': async () => ({ concerns: [], decisions: [] }),
    'session.join': notHere,
    'campaign.open': async () => ({ known: false, state: 'new', session: aSession }),
    'campaign.configure': notHere,
    'campaign.completed': async () => ({ agreed: true }),
    'campaign.commit': async () => ({ freed_bytes: 0 }),
    'campaign.remove': async () => ({ removed: [], kept: [] }),
    'campaign.prove': notHere,
    'resource.prepare': async () => ({}),
    'resource.ensure': async ({ ref }) => ({ id: ref, how: 'created' }),
    'resource.remove': async () => ({ removed: false }),
    'resource.compare': async () => ({ compared: [] }),
    'disk.offer': async () => ({ handle: 1 }),
    'disk.page': async ({ digests }) => ({ missing: Buffer.from(digests, 'base64').length / 32 }),
    'disk.hole': async () => ({}),
    'disk.seal': async ({ root }) => ({
      root,
      blocks: 0,
      zero: 0,
      reused: 0,
      copied: 0,
      pulled: 0,
      mended: 0,
      bytes_pulled: 0,
      bytes_wire: 0,
    }),
    'disk.verify': async () => ({ size: 0, sha256: null, image: null, flaws: [] }),
    'server.health': async () => ({ healthy: true, says: 'ACTIVE' }),
    'server.watch': async () => ({ address: null, ago_ms: null, samples: 0 }),
    'server.completed': async () => ({}),
    ...some,
  };
}

/** A plain WebSocket server on loopback that hands over each socket and closes with the test. */
export class Loopback {
  readonly #server: WebSocketServer;
  readonly #dialled: WebSocket[] = [];

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  static async open(onSocket: (socket: WebSocket) => void): Promise<Loopback> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      maxPayload: limits.textBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    server.on('connection', onSocket);
    await new Promise((resolve) => server.once('listening', resolve));
    return new Loopback(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Dials with the zero mask that a sender uses inside TLS; `onOpen` runs as the socket opens. */
  async dial(protocol = subprotocol, onOpen?: (socket: WebSocket) => void): Promise<WebSocket> {
    const options = { perMessageDeflate: false, maxPayload: limits.textBytes, generateMask: (mask: Buffer) => void mask.fill(0) };
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}`, protocol, options);
    this.#dialled.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => {
        onOpen?.(socket);
        resolve();
      });
      socket.once('error', reject);
    });
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of [...this.#dialled, ...this.#server.clients]) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** How a side of a test introduces itself, unless the test says otherwise. */
export function options<S extends Side>(role: S, more: Partial<ConnectionOptions<S>> = {}): ConnectionOptions<S> {
  return { role, release: '0.0.0', name: `the ${role}`, ...more };
}

/** Two ends of one connection over loopback, greeted; the sender dials. MUST be closed. */
export interface Pair {
  readonly sender: Connection<'sender'>;
  readonly receiver: Connection<'receiver'>;
  readonly senderSocket: WebSocket;
  readonly receiverSocket: WebSocket;
  close(): Promise<void>;
}

/** Opens a pair; each side may bring handlers and options of its own. */
export async function aPair(
  some: {
    sender?: Partial<Handlers<'sender'>>;
    receiver?: Partial<Handlers<'receiver'>>;
    senderOptions?: Partial<ConnectionOptions<'sender'>>;
    receiverOptions?: Partial<ConnectionOptions<'receiver'>>;
  } = {},
): Promise<Pair> {
  const arrived = Promise.withResolvers<{ receiver: Connection<'receiver'>; receiverSocket: WebSocket }>();
  const loopback = await Loopback.open((receiverSocket) => {
    const receiver = new Connection(receiverSocket, options('receiver', some.receiverOptions));
    receiver.open(receiverHandlers(some.receiver)).then(() => arrived.resolve({ receiver, receiverSocket }), arrived.reject);
  });
  const senderSocket = await loopback.dial();
  const sender = new Connection(senderSocket, options('sender', some.senderOptions));
  await sender.open(senderHandlers(some.sender));
  return { sender, senderSocket, ...(await arrived.promise), close: () => loopback.close() };
}

/** Reads a whole data frame as one fragment, and its payload as one. */
export function decodeWhole(bytes: Buffer): DataFrame {
  const { payload, ...frame } = decodeData([bytes]);
  return { ...frame, payload: Buffer.concat(payload) };
}
