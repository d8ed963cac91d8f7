import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect, createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Identity } from '../../../../protocol/transport/identity.ts';
import { tlsProfile } from '../../../../protocol/transport/tls-profile.ts';

/**
 * Somebody between sender and receiver who ends TLS on both sides, and everything that passed in
 * clear from sender to receiver.
 */
export interface Tap {
  readonly address: string;
  readonly fromSender: () => Buffer;
}

/**
 * Sits between: shows `asReceiver` to the sender and `asSender` to the receiver, and passes on
 * whatever is said.
 */
export async function aTap(receiverPort: number, asReceiver: Identity, asSender: Identity): Promise<Tap> {
  const heard: Buffer[] = [];
  const server = createTlsServer({ ...tlsProfile(asReceiver), requestCert: true, rejectUnauthorized: false }, (near) => {
    const far = connect({ ...tlsProfile(asSender), port: receiverPort, host: '127.0.0.1', rejectUnauthorized: false });
    near.on('data', (data) => heard.push(data));
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  return { address: `127.0.0.1:${await open(server)}`, fromSender: () => Buffer.concat(heard) };
}

/** A port on loopback where every connection is handed to `behave`. */
export async function aPort(behave: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    behave(socket);
  });
  return `127.0.0.1:${await open(server)}`;
}

/** A port on loopback on which nothing listens. */
export async function aClosedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return `127.0.0.1:${port}`;
}

/** Opens TCP to a port and returns the socket once it is connected. */
export async function aStranger(port: number): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Resolves when the other side has ended or cut a socket; its bytes are read away. */
export async function hungUp(socket: Socket): Promise<void> {
  socket.resume();
  if (socket.closed) return;
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}

async function open(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
