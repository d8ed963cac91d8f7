import { connect } from 'node:net';
import ssh2, { type AuthContext, type Connection, type TcpipRequestInfo } from 'ssh2';

const { generateKeyPairSync, parseKey } = ssh2.utils;

/** Who may enter and what for. */
export interface SshServerOptions {
  /** Private host keys in PEM or OpenSSH form; one per type. */
  readonly hostKeys: readonly string[];
  readonly user: string;
  /** The public key, one line as in authorized_keys, that lets the user in. */
  readonly authorizedKey: string;
  /** Like `AllowTcpForwarding no` when false. */
  readonly forwarding?: boolean;
  /**
   * The output of a command line; undefined: it runs until the client ends it. Without this no
   * command runs.
   */
  readonly run?: (commandLine: string) => { readonly writes: string; readonly code?: number };
}

/** A running SSH server on loopback, in this process. */
export interface SshServer {
  readonly port: number;
  /** How many clients are connected now. */
  readonly connections: () => number;
  /** Cuts every connection, as a lost link would. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

/** Makes a key pair in OpenSSH's own formats; a passphrase encrypts the private half. */
export function anSshKey(
  type: 'ed25519' | 'ecdsa' = 'ed25519',
  passphrase?: string,
): { readonly privateKey: string; readonly publicKey: string } {
  const encryption: { passphrase: string; cipher: string; rounds: number } | object =
    passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 4 };
  for (;;) {
    const pair =
      type === 'ed25519'
        ? generateKeyPairSync('ed25519', encryption)
        : generateKeyPairSync('ecdsa', { bits: 256, ...encryption });
    // One in some three hundred Ed25519 keys of ssh2 is a byte short, and nobody can read it.
    const isWhole = ![parseKey(pair.private, passphrase), parseKey(pair.public)].some((key) => key instanceof Error);
    if (isWhole) return { privateKey: pair.private, publicKey: pair.public };
  }
}

/** Starts an SSH server that accepts one key and forwards TCP, as sshd does for `ssh -L`. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [...options.hostKeys] }, (connection) => {
    connections.add(connection);
    // As sshd does, because Nagle's algorithm delays each window message by 40 ms. ssh2's types
    // lack the method.
    (connection as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true);
    connection.on('close', () => connections.delete(connection));
    // Many tests let the client hang up.
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => authenticate(attempt, options));
    connection.on('session', (accept) => {
      accept().on('exec', (acceptCommand, reject, { command }) => {
        const done = options.run?.(command);
        if (done === undefined) {
          reject();
          return;
        }
        const channel = acceptCommand();
        channel.write(done.writes);
        // Like a command that ends with its standard input.
        channel.on('end', () => channel.close()).resume();
        if (done.code === undefined) return;
        channel.exit(done.code);
        channel.end();
      });
    });
    connection.on('tcpip', (accept, reject, info) => {
      if (options.forwarding === false) reject();
      else forward(accept, reject, info);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    connections: () => connections.size,
    cut: () => {
      for (const connection of connections) connection.end();
    },
    close: async () => {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function authenticate(attempt: AuthContext, options: SshServerOptions): void {
  const allowed = ssh2.utils.parseKey(options.authorizedKey);
  if (allowed instanceof Error) throw allowed;
  if (attempt.method !== 'publickey' || attempt.username !== options.user) {
    attempt.reject(['publickey']);
    return;
  }
  const isOurs = attempt.key.data.equals(allowed.getPublicSSH());
  const isProved =
    attempt.signature === undefined ||
    (attempt.blob && allowed.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true);
  if (isOurs && isProved) attempt.accept();
  else attempt.reject(['publickey']);
}

function forward(accept: () => ssh2.ServerChannel, reject: () => void, info: TcpipRequestInfo): void {
  const target = connect(info.destPort, info.destIP);
  target.setNoDelay(true);
  target.once('error', reject);
  target.once('connect', () => {
    target.off('error', reject);
    const channel = accept();
    target.on('error', () => channel.destroy());
    channel.on('error', () => target.destroy());
    channel.pipe(target).pipe(channel);
    target.once('close', () => channel.end());
    channel.once('close', () => target.destroy());
  });
}
