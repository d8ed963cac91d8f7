import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { pairWith } from '../../../../protocol/transport/dial.ts';
import { type DaemonRole, type Identity, loadOrCreateIdentity } from '../../../../protocol/transport/identity.ts';
import { type Listener, type ListenOptions, listen } from '../../../../protocol/transport/listen.ts';
import { PairingWindow } from '../../../../protocol/transport/pairing-window.ts';
import { type PairedPeer, Peers } from '../../../../protocol/transport/peers.ts';
import type { Problem } from '../../../../shared/problem.ts';

/** One daemon's transport on disk: its folder, identity and peers. */
export interface House {
  readonly dir: string;
  readonly identity: Identity;
  readonly peers: Peers;
}

/** A folder of its own for one test. */
export async function aFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'godwit-transport-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A daemon that has an identity and no peers. */
export async function aHouse(role: DaemonRole): Promise<House> {
  const dir = await aFolder();
  return { dir, identity: await loadOrCreateIdentity(join(dir, 'identity'), role), peers: new Peers(join(dir, 'peers.json')) };
}

/** A signal that aborts when the test is over. */
export function untilTestEnds(): AbortSignal {
  const ending = new AbortController();
  onTestFinished(() => ending.abort(new Error('the test is over')));
  return ending.signal;
}

/** A receiver that listens on loopback, and what it saw. */
export interface Receiver extends House {
  readonly listener: Listener;
  readonly window: PairingWindow;
  readonly address: string;
  readonly sockets: { readonly webSocket: WebSocket; readonly peer: PairedPeer }[];
  readonly refused: Problem[];
}

/** A receiver that listens; every message of a session is answered with itself. */
export async function aReceiver(more: Partial<ListenOptions> = {}, house?: House): Promise<Receiver> {
  const { dir, identity, peers } = house ?? (await aHouse('receiver'));
  const window = new PairingWindow();
  const sockets: Receiver['sockets'] = [];
  const refused: Problem[] = [];
  const listener = await listen({
    identity,
    peers,
    host: '127.0.0.1',
    port: 0,
    signal: untilTestEnds(),
    pairing: { window, name: 'cloud-b' },
    onSocket: (webSocket, peer) => {
      sockets.push({ webSocket, peer });
      webSocket.on('message', (data, isBinary) => webSocket.send(data as Buffer, { binary: isBinary }));
    },
    onRefused: (problem) => refused.push(problem),
    ...more,
  });
  return { dir, identity, peers, listener, window, address: `127.0.0.1:${listener.port}`, sockets, refused };
}

/**
 * A sender and a receiver that have paired, and the receiver as the sender knows it. Odd limits
 * hold for the time after pairing.
 */
export async function aPair(more: Partial<ListenOptions> = {}): Promise<{ sender: House; receiver: Receiver; peer: PairedPeer }> {
  const sender = await aHouse('sender');
  const house = await aHouse('receiver');
  const peer = await pair(sender, await aReceiver({}, house));
  return { sender, receiver: await aReceiver(more, house), peer };
}

/** Pairs a sender with a receiver by a fresh code. */
export async function pair(sender: House, receiver: Receiver): Promise<PairedPeer> {
  const code = receiver.window.open();
  const { identity, peers } = sender;
  return await pairWith({ address: receiver.address, code, name: 'cloud-a', identity, peers, signal: untilTestEnds() });
}

/** The echo of a text, over an open session. */
export async function echo(webSocket: WebSocket, text: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    webSocket.once('message', (data: Buffer) => resolve(data.toString()));
    webSocket.once('close', (code) => reject(new Error(`closed with ${code}`)));
    webSocket.send(text);
  });
}

/** The code and reason that a WebSocket is closed with. */
export async function closing(webSocket: WebSocket): Promise<{ code: number; reason: string }> {
  return await new Promise((resolve) => {
    webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

/** The problem that a promise rejects with; fails the test if it does not reject with one. */
export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error && outcome.name === 'Problem') return outcome as Problem;
  throw new Error('expected a Problem', { cause: outcome });
}

/** Matches a thrown problem by its code, for `toThrow`. */
export function isProblem(code: string): { asymmetricMatch: (thrown: unknown) => boolean } {
  return { asymmetricMatch: (thrown) => thrown instanceof Error && 'code' in thrown && thrown.code === code };
}
