import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { asProblem, Problem } from '../../shared/problem.ts';
import type { TransportLimits } from './limits.ts';
import { isSameProof, pairingProof } from './pairing-proof.ts';
import type { PairingWindow } from './pairing-window.ts';
import type { PairedPeer, Peers } from './peers.ts';
import { plain, problemFrom } from './refusal.ts';

/** The WebSocket subprotocol of a pairing. */
export const pairingProtocol = 'godwit-pair.1';

const PairingHello = z.object({
  hello: z.object({ name: z.string().min(1).max(200), nonce: z.string().regex(/^[0-9a-f]{64}$/) }),
});
const Proof = z.object({ proof: z.string().regex(/^[0-9a-f]{64}$/) });

/** The receiver's side of pairings: its window, its own name, and a callback for new peers. */
export interface PairingServer {
  readonly window: PairingWindow;
  /** What senders call this receiver; the host name, usually. */
  readonly name: string;
  readonly onPaired?: (peer: PairedPeer) => void;
}

/** A key and the certificate that showed it, as seen in our own TLS handshake. */
export interface ShownKey {
  readonly fingerprint: string;
  /** PEM. */
  readonly certificate: string;
}

/** One pairing as one side sees it. */
interface Exchange {
  readonly webSocket: WebSocket;
  readonly peers: Peers;
  /** Fingerprint of our key. */
  readonly ours: string;
  readonly theirs: ShownKey;
  readonly limits: Pick<TransportLimits, 'strangerMs'>;
}

/** Answers one sender that pairs, as the README describes. Rejects with the problem it answered. */
export async function answerPairing(exchange: Exchange & { readonly pairing: PairingServer | undefined }): Promise<void> {
  const { webSocket, pairing, peers, ours, theirs, limits } = exchange;
  try {
    const { hello } = await receive(webSocket, PairingHello, limits.strangerMs);
    if (pairing === undefined) throw new Problem('E_PAIRING_CLOSED', 'The receiver is not waiting to be paired.');
    pairing.window.mustBeOpen();
    const receiverNonce = newNonce();
    send(webSocket, { hello: { name: pairing.name, nonce: receiverNonce } });
    const { proof } = await receive(webSocket, Proof, limits.strangerMs);
    const context = { sender: theirs.fingerprint, receiver: ours, senderNonce: hello.nonce, receiverNonce };
    const answer = pairing.window.redeem(proof, context);
    // The key is pinned before the answer: if the answer is lost, the sender pairs again and
    // replaces this entry.
    const peer = await peers.add(newPeer(plain(hello.name, 64), theirs));
    pairing.onPaired?.(peer);
    send(webSocket, { proof: answer });
    webSocket.close(1000);
  } catch (error) {
    const problem = asProblem(error);
    send(webSocket, { problem: problem.code === 'E_BUG' ? new Problem('E_BUG', 'The receiver failed while pairing.') : problem });
    webSocket.close(1000);
    throw problem;
  }
}

/** Pairs with a receiver: proves the code, checks the receiver's proof, and pins its key. */
export async function provePairing(
  exchange: Exchange & { readonly code: string; readonly name: string; readonly address: string },
): Promise<PairedPeer> {
  const { webSocket, peers, ours, theirs, limits, code, name, address } = exchange;
  const senderNonce = newNonce();
  send(webSocket, { hello: { name, nonce: senderNonce } });
  const { hello } = await receive(webSocket, PairingHello, limits.strangerMs);
  const context = { sender: ours, receiver: theirs.fingerprint, senderNonce, receiverNonce: hello.nonce };
  send(webSocket, { proof: pairingProof(code, 'sender', context) });
  const { proof } = await receive(webSocket, Proof, limits.strangerMs);
  if (!isSameProof(proof, pairingProof(code, 'receiver', context))) {
    throw new Problem('E_PEER_IMPOSTOR', `What answers at ${address} does not know the pairing code; it is not your receiver.`, {
      about: address,
      hint: 'Nothing was pinned. Check the address and the network between, then pair again with a fresh code.',
    });
  }
  return await peers.add({ ...newPeer(plain(hello.name, 64), theirs), address });
}

function newPeer(name: string, key: ShownKey): PairedPeer {
  return { name, fingerprint: key.fingerprint, certificate: key.certificate, paired_at: new Date().toISOString() };
}

function newNonce(): string {
  return randomBytes(32).toString('hex');
}

function send(webSocket: WebSocket, message: unknown): void {
  webSocket.send(JSON.stringify(message));
}

/**
 * Returns the next message of a kind; throws on a problem, on silence, on closing and on nonsense.
 */
async function receive<T>(webSocket: WebSocket, kind: z.ZodType<T>, limitMs: number): Promise<T> {
  const text = await new Promise<string>((resolve, reject) => {
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      webSocket.off('message', onMessage);
      webSocket.off('close', onClose);
      settle();
    };
    const onMessage = (data: Buffer): void => done(() => resolve(data.toString('utf8')));
    const onClose = (): void => done(() => reject(new Problem('E_PEER_LOST', 'The connection was closed while pairing.')));
    const onLate = (): void => done(() => reject(new Problem('E_PEER_TIMEOUT', 'The other side fell silent while pairing.')));
    const timer = setTimeout(onLate, limitMs);
    webSocket.on('message', onMessage);
    webSocket.on('close', onClose);
    if (webSocket.readyState !== webSocket.OPEN) onClose();
  });
  return read(text, kind);
}

function read<T>(text: string, kind: z.ZodType<T>): T {
  const malformed = new Problem('E_MALFORMED', 'The other side sent something that is no step of a pairing.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed;
  }
  const refused = z.object({ problem: z.unknown() }).safeParse(json);
  if (refused.success && refused.data.problem !== undefined) throw problemFrom(refused.data.problem);
  const message = kind.safeParse(json);
  if (!message.success) throw malformed;
  return message.data;
}
