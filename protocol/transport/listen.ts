import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { asProblem, Problem } from '../../shared/problem.ts';
import { type CloseCode, closeReason } from '../close.ts';
import { noCommonMajor, subprotocol } from '../version.ts';
import { Admission } from './admission.ts';
import { fingerprintOf, printFingerprint } from './certificate.ts';
import type { Identity } from './identity.ts';
import { type TransportLimits, transportLimits } from './limits.ts';
import { answerPairing, type PairingServer, pairingProtocol } from './pairing.ts';
import type { PairedPeer, Peers } from './peers.ts';
import { refuse } from './refusal.ts';
import { learnRotation, pinPresented, rotationHeaders } from './rotation.ts';
import { tlsProfile } from './tls-profile.ts';

const closeUnpaired: CloseCode = 4003;

/** How long a peer may take to answer our close frame before its socket is cut: milliseconds. */
const closingMs = 1000;

/** What a listener needs, and its callbacks. */
export interface ListenOptions {
  readonly identity: Identity;
  readonly peers: Peers;
  /** An address of this machine; `127.0.0.1` when peers come through SSH. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Is given each open WebSocket of a pinned peer; MUST add its `message` listener at once. */
  readonly onSocket: (socket: WebSocket, peer: PairedPeer) => void;
  /** Answers pairings; without it every pairing is refused as closed. */
  readonly pairing?: PairingServer;
  /** Called with the problem of each connection that was refused, and of each failed pairing. */
  readonly onRefused?: (problem: Problem, from: string) => void;
  /** Our next key while a rotation is under way. */
  readonly nextKey?: string | undefined;
  /** Closes the listener and all its sockets. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<TransportLimits>;
}

/** Opens the port on which peers and pairings arrive; E_LISTEN when it cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  options.signal.throwIfAborted();
  const listener = new Listener(options);
  await listener.start();
  return listener;
}

/** One open port: mutual TLS 1.3, in which only pinned keys get a session. */
export class Listener {
  readonly #options: ListenOptions;
  readonly #limits: TransportLimits;
  readonly #server: Server;
  /** Resolves when the port and every socket are closed, after the signal has aborted. */
  readonly closed: Promise<void>;
  readonly #admission: Admission;
  readonly #sessions: WebSocketServer;
  readonly #pairings: WebSocketServer;
  readonly #keys = new Map<WebSocket, string>();
  readonly #headers = new WeakMap<IncomingMessage, Readonly<Record<string, string>>>();
  #identity: Identity;
  #nextKey: string | undefined;

  /** Assigns only; `start` opens the port. */
  constructor(options: ListenOptions) {
    this.#options = options;
    this.#limits = { ...transportLimits, ...options.limits };
    this.#identity = options.identity;
    this.#nextKey = options.nextKey;
    this.#admission = new Admission(this.#limits);
    this.#sessions = webSocketServer(this.#limits.messageBytes, subprotocol);
    this.#pairings = webSocketServer(4096, pairingProtocol);
    this.#server = createServer({
      ...tlsProfile(options.identity),
      // A certificate is asked of everybody but judged by us: chains and dates mean nothing here,
      // the pinned key everything.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: this.#limits.strangerMs,
      headersTimeout: this.#limits.strangerMs,
      requestTimeout: this.#limits.strangerMs,
      maxHeaderSize: this.#limits.headerBytes,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: this.#limits.keepAliveMs,
    });
    this.closed = new Promise((resolve) => this.#server.once('close', () => resolve()));
  }

  /** The port that was taken. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Presents another key to all who connect from now on; open sessions go on. */
  useIdentity(identity: Identity): void {
    this.#identity = identity;
    this.#server.setSecureContext(tlsProfile(identity));
  }

  /** Announces our next key to peers as they connect, or nothing any more. */
  announce(nextKey: string | undefined): void {
    this.#nextKey = nextKey;
  }

  /** Opens the port and answers until the signal aborts. */
  async start(): Promise<void> {
    const { host, port, peers, signal } = this.#options;
    this.#sessions.on('headers', (lines, request) => {
      for (const [name, value] of Object.entries(this.#headers.get(request) ?? {})) lines.push(`${name}: ${value}`);
    });
    this.#server.on('connection', (socket: Socket) => this.#admission.enter(socket));
    this.#server.on('secureConnection', (socket: Socket) => void this.#meet(socket));
    // Garbage, TLS 1.2 and half a handshake end here; the socket is of no more use to anybody.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('clientError', (_error, socket) => socket.destroy());
    this.#server.on('request', (_request, response) => {
      const says = 'This is a Godwit receiver; it speaks over WebSocket alone.';
      response.writeHead(426, { 'Content-Type': 'application/json', Connection: 'close', Upgrade: 'websocket' });
      response.end(`${JSON.stringify(new Problem('E_MALFORMED', says))}\n`);
    });
    this.#server.on('upgrade', (request, socket, head) => void this.#admit(request, socket, head));
    await opened(this.#server, host, port);
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    if (signal.aborted) this.#stop();
    peers.watch(() => void this.#dropUnpaired(), signal);
  }

  #stop(): void {
    this.#server.close();
    this.#admission.clear();
    for (const socket of [...this.#sessions.clients, ...this.#pairings.clients]) {
      socket.close(1001, 'the daemon stops');
      // A peer that does not answer the closing handshake must not keep the daemon from stopping.
      setTimeout(() => socket.terminate(), closingMs).unref();
    }
    this.#server.closeIdleConnections();
  }

  /** Counts a socket whose TLS is done; never throws. */
  async #meet(socket: Socket): Promise<void> {
    this.#admission.secured(socket);
    try {
      const pinned = await this.#options.peers.byKey(presentedKey(socket).fingerprint);
      if (pinned !== undefined) this.#admission.known(socket);
    } catch {
      // Who shows no key may pair; a damaged list of peers is reported at the upgrade.
    }
  }

  /** Accepts or refuses one upgrade; never throws, whatever is sent. */
  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const from = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    try {
      const protocol = chosenProtocol(request);
      const { fingerprint, certificate } = presentedKey(request.socket);
      if (protocol === pairingProtocol) this.#openPairing(request, socket, head, { fingerprint, certificate, from });
      else await this.#openSession(request, socket, head, { fingerprint, certificate, from });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'E_PEER_UNPAIRED') refuse(socket, 403, problem);
      else if (problem.code === 'E_PROTOCOL_VERSION') refuse(socket, 426, problem);
      else if (problem.code === 'E_BUSY') refuse(socket, 503, problem);
      // Problems of our own files are for our log alone.
      else refuse(socket, 500, new Problem('E_PEER_UNREACHABLE', 'The receiver cannot read its peers now; its log says why.'));
      this.#options.onRefused?.(problem, from);
    }
  }

  async #openSession(request: IncomingMessage, socket: Duplex, head: Buffer, stranger: Stranger): Promise<void> {
    const { peers, onSocket } = this.#options;
    const pinned = await peers.byKey(stranger.fingerprint);
    if (pinned === undefined) throw unpaired(stranger.fingerprint);
    const moved = await pinPresented(pinned, stranger.fingerprint, stranger.certificate, peers);
    const peer = await learnRotation(moved, request.headers, peers);
    this.#options.signal.throwIfAborted();
    this.#mustHavePlace(stranger.fingerprint, peer.name);
    this.#headers.set(request, rotationHeaders(peer, this.#nextKey));
    this.#sessions.handleUpgrade(request, socket, head, (webSocket) => {
      this.#admission.leave(request.socket);
      this.#keys.set(webSocket, stranger.fingerprint);
      // ws reports every failure as `error` and then `close`; unheard, an error would end the
      // process before the session listens.
      webSocket.on('error', () => undefined);
      webSocket.on('close', () => this.#keys.delete(webSocket));
      onSocket(webSocket, peer);
      // The peer may have been unpaired between the look into the file and now.
      void this.#dropUnpaired();
    });
  }

  /** Throws E_BUSY where this peer has as many connections as are left for all others. */
  #mustHavePlace(fingerprint: string, name: string): void {
    const own = [...this.#keys.values()].filter((key) => key === fingerprint).length;
    if (own < this.#limits.peerSockets - this.#keys.size) return;
    const says = `The receiver has ${this.#keys.size} connections open, ${own} of them of ${name}; it takes no more of this peer now.`;
    throw new Problem('E_BUSY', says, { about: name });
  }

  #openPairing(request: IncomingMessage, socket: Duplex, head: Buffer, stranger: Stranger): void {
    this.#pairings.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined);
      const { pairing, peers, onRefused } = this.#options;
      const ours = this.#identity.fingerprint;
      answerPairing({ webSocket, pairing, peers, ours, theirs: stranger, limits: this.#limits }).catch((error: unknown) =>
        onRefused?.(asProblem(error), stranger.from),
      );
    });
  }

  async #dropUnpaired(): Promise<void> {
    try {
      const peers = await this.#options.peers.list();
      const pinned = new Set(peers.flatMap((peer) => [peer.fingerprint, peer.next_fingerprint]));
      for (const [webSocket, fingerprint] of this.#keys) if (!pinned.has(fingerprint)) this.#drop(webSocket);
    } catch (error) {
      // An unreadable peer list admits nobody new and ends no session; the daemon reports it.
      this.#options.onRefused?.(asProblem(error), this.#options.peers.path);
    }
  }

  /** Closes the connections of a key that is no longer paired, and ignores what they still send. */
  #drop(webSocket: WebSocket): void {
    this.#keys.delete(webSocket);
    webSocket.removeAllListeners('message');
    webSocket.close(closeUnpaired, closeReason('This key is not paired any more.'));
    setTimeout(() => webSocket.terminate(), closingMs).unref();
  }
}

/** A client that has shown a key and nothing else yet. */
interface Stranger {
  readonly fingerprint: string;
  readonly certificate: string;
  readonly from: string;
}

function webSocketServer(maxPayload: number, protocol: string): WebSocketServer {
  return new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload, handleProtocols: () => protocol });
}

/** The newest protocol that both sides know; E_PROTOCOL_VERSION names the versions of both. */
function chosenProtocol(request: IncomingMessage): string {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  for (const known of [subprotocol, pairingProtocol]) if (offered.includes(known)) return known;
  const theirs = offered.find((name) => /^godwit\.\d{1,5}$/.test(name)) ?? '';
  throw new Problem('E_PROTOCOL_VERSION', noCommonMajor('receiver', theirs));
}

/** The key that was proved in the TLS handshake; E_PEER_UNPAIRED when none was shown. */
function presentedKey(socket: Socket): { fingerprint: string; certificate: string } {
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!(shown instanceof X509Certificate))
    throw new Problem('E_PEER_UNPAIRED', 'No certificate was shown; only paired daemons may talk here.');
  return { fingerprint: fingerprintOf(shown.publicKey), certificate: shown.toString() };
}

function unpaired(fingerprint: string): Problem {
  const says = `This receiver is not paired with the key ${printFingerprint(fingerprint)}.`;
  return new Problem('E_PEER_UNPAIRED', says, { about: fingerprint });
}

async function opened(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(
        new Problem('E_LISTEN', `Cannot listen on ${host} port ${port}: ${error.message}.`, {
          about: `${host}:${port}`,
          cause: error,
        }),
      );
    };
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
