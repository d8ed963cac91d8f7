import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type ClientErrorExtensions, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { abortable } from '../../shared/concurrency/abortable.ts';
import { Problem } from '../../shared/problem.ts';
import { type Address, printAddress } from './address.ts';
import { inTime } from './in-time.ts';
import { type HostKeys, readHostKeys } from './known-hosts.ts';
import type { TransportLimits } from './limits.ts';

/** How we prove ourselves to SSH, and which host keys we trust. */
export interface SshOptions {
  /** Files of known host keys, read at each connection; hints name the first one. */
  readonly knownHosts: readonly string[];
  /** A private key; its passphrase comes from a function, so that it prints nowhere. */
  readonly keyFile?: string | undefined;
  readonly passphrase?: (() => string) | undefined;
  /** The socket of an agent. */
  readonly agent?: string | undefined;
}

type SshAddress = Extract<Address, { kind: 'ssh' }>;

/**
 * A byte stream to the receiver's port on the remote loopback, and how to end its SSH connection.
 */
export interface Tunnel {
  readonly stream: Duplex;
  readonly close: () => void;
}

/** Opens a tunnel over TCP to an SSH server; the same mutual TLS as without SSH runs inside. */
export async function openTunnel(
  tcp: Socket,
  address: SshAddress,
  options: SshOptions | undefined,
  signal: AbortSignal,
  limits: TransportLimits,
): Promise<Tunnel> {
  const about = printAddress(address);
  const client = new ssh2.Client();
  const close = (): void => {
    client.end();
    tcp.destroy();
  };
  const late = (): Problem =>
    new Problem('E_PEER_UNREACHABLE', `${about} did not let us in by SSH within ${limits.sshMs / 1000} s.`, { about });
  try {
    const stream = await inTime(limits.sshMs, signal, late, async (limited) => {
      await logIn(client, tcp, address, options ?? { knownHosts: [] }, limited, limits);
      return await forward(client, address, limited);
    });
    client.on('close', () => stream.destroy());
    return { stream, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Logs in with our key once the host has shown a known key. Throws E_SSH_*, E_PEER_UNREACHABLE. */
export async function logIn(
  client: ssh2.Client,
  tcp: Socket,
  address: SshAddress,
  options: SshOptions,
  signal: AbortSignal,
  limits: TransportLimits,
): Promise<void> {
  const hostKeys = await readHostKeys(options.knownHosts, address.host, address.port);
  const credentials = await readCredentials(options, address);
  let refused: unknown;
  const verifyHost = (key: Buffer): boolean => {
    try {
      hostKeys.verify(key);
      return true;
    } catch (error) {
      refused = error;
      return false;
    }
  };
  try {
    await abortable<void>(
      [signal],
      (resolve, reject) => {
        client.once('ready', resolve);
        // This listener stays: after `ready` an error is followed by `close`, which ends the
        // stream.
        client.on('error', reject);
        client.once('close', () => reject(new Error('the connection was closed')));
        client.connect({
          ...sshProfile(hostKeys, limits),
          ...credentials,
          username: address.user,
          sock: tcp,
          hostVerifier: verifyHost,
        });
      },
      () => client.destroy(),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw refused ?? loginProblem(error, address);
  }
}

/**
 * Algorithms and keep-alive. AES-128-GCM is twice as fast in Node as ciphers with a separate MAC.
 */
function sshProfile(hostKeys: HostKeys, limits: TransportLimits): ConnectConfig {
  return {
    algorithms: {
      cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
      serverHostKey: hostKeyAlgorithms(hostKeys.types),
    },
    keepaliveInterval: limits.keepAliveMs,
    keepaliveCountMax: 3,
    // The caller limits the whole of SSH.
    readyTimeout: 0,
  };
}

/**
 * Asks first for the known types of key, as OpenSSH does; otherwise a second, unknown key of the
 * host would look like a change.
 */
function hostKeyAlgorithms(knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const all: ServerHostKeyAlgorithm[] = [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ];
  const isKnown = (algorithm: string): boolean => knownTypes.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...all.filter(isKnown), ...all.filter((algorithm) => !isKnown(algorithm))];
}

async function readCredentials(options: SshOptions, address: SshAddress): Promise<ConnectConfig> {
  const { keyFile, passphrase, agent } = options;
  if (keyFile === undefined) {
    if (agent !== undefined) return { agent };
    throw new Problem('E_SSH_KEY', `Neither a private key nor an agent is configured for ${printAddress(address)}.`);
  }
  let privateKey: Buffer;
  try {
    privateKey = await readFile(keyFile);
  } catch (error) {
    throw new Problem('E_SSH_KEY', `The private key ${keyFile} cannot be read.`, { about: keyFile, cause: error });
  }
  const secret = passphrase?.();
  // No cause: a parser's error about a key may repeat a piece of it.
  if (ssh2.utils.parseKey(privateKey, secret) instanceof Error) {
    const says = `The private key ${keyFile} cannot be used: it is damaged, or its passphrase is ${secret === undefined ? 'missing' : 'wrong'}.`;
    throw new Problem('E_SSH_KEY', says, { about: keyFile });
  }
  return { privateKey, ...(secret === undefined ? {} : { passphrase: secret }), ...(agent === undefined ? {} : { agent }) };
}

function loginProblem(error: unknown, address: SshAddress): Problem {
  const about = printAddress(address);
  const { level, message } = error as Error & ClientErrorExtensions;
  if (level === 'client-authentication') {
    return new Problem('E_SSH_AUTH', `SSH does not let the user ${address.user} in at ${address.host} with our key.`, { about });
  }
  if (level === 'agent') return new Problem('E_SSH_KEY', `The SSH agent failed: ${message}.`, { about, cause: error });
  return new Problem('E_PEER_UNREACHABLE', `SSH to ${about} failed: ${message}.`, { about, cause: error });
}

async function forward(client: ssh2.Client, address: SshAddress, signal: AbortSignal): Promise<Duplex> {
  try {
    return await abortable<Duplex>(
      [signal],
      (resolve, reject) => {
        client.once('close', () => reject(new Error('the connection was closed')));
        client.forwardOut('127.0.0.1', 0, '127.0.0.1', address.receiverPort, (error, channel) => {
          if (error) reject(error);
          else resolve(channel);
        });
      },
      () => client.destroy(),
    );
  } catch (error) {
    signal.throwIfAborted();
    const says = `SSH let us in at ${address.host}, but not on to port ${address.receiverPort} of its loopback: ${(error as Error).message}.`;
    throw new Problem('E_SSH_FORWARD', says, { about: printAddress(address), cause: error });
  }
}
