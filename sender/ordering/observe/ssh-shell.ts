import { once } from 'node:events';
import { PassThrough, pipeline } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import { parseAddress } from '../../../protocol/transport/address.ts';
import { inTime } from '../../../protocol/transport/in-time.ts';
import { transportLimits } from '../../../protocol/transport/limits.ts';
import { logIn, type SshOptions } from '../../../protocol/transport/ssh-tunnel.ts';
import { connectTcp } from '../../../protocol/transport/tcp.ts';
import { abortable } from '../../../shared/concurrency/abortable.ts';
import { Problem } from '../../../shared/problem.ts';
import { collectTail, commandFailure, type Shell } from './shell.ts';

/** Logs in to another node, `user@host[:port]`. As for the tunnel, its host key MUST be known. */
export async function openSshShell(node: string, options: SshOptions, signal: AbortSignal): Promise<Shell> {
  const address = parseAddress(`ssh://${node.replace(/^ssh:\/\//, '')}`);
  if (address.kind !== 'ssh') throw new Problem('E_ADDRESS', `${node} is not user@host.`, { about: node });
  const { host, port, user } = address;
  const limits = transportLimits;
  const tcp = await connectTcp(host, port, signal, limits);
  const client = new ssh2.Client();
  const late = (): Problem =>
    new Problem('E_PEER_UNREACHABLE', `${node} did not complete the SSH log-in within ${limits.sshMs / 1000} s.`, {
      about: node,
    });
  const close = (): void => {
    client.end();
    tcp.destroy();
  };
  try {
    await inTime(limits.sshMs, signal, late, (limited) => logIn(client, tcp, address, options, limited, limits));
  } catch (error) {
    close();
    throw error;
  }
  const name = `${user}@${host}${port === 22 ? '' : `:${port}`}`;
  return { node: name, close, run: (commandLine, until, onStderr) => runRemotely(client, name, commandLine, until, onStderr) };
}

/**
 * Makes a command end with its standard input. OpenSSH forwards no signals to root's commands, and
 * closing a channel does not end one that writes nothing.
 */
const endWithStdin = (commandLine: string): string =>
  `exec 3<&0; (${commandLine}) </dev/null 3<&- & P=$!; (cat <&3; kill $P) >/dev/null 2>&1 & wait $P`;

/** How long a command may take to end, in milliseconds. */
const endingMs = 5_000;

async function* runRemotely(
  client: ssh2.Client,
  node: string,
  commandLine: string,
  signal: AbortSignal,
  onStderr?: (text: string) => void,
): AsyncGenerator<string> {
  if (signal.aborted) return;
  const { channel, code } = await execCommand(client, node, endWithStdin(commandLine), signal);
  // Unlike `pipe`, it also ends when a lost connection closes the channel.
  const text = pipeline(channel, new PassThrough({ encoding: 'utf8' }), () => undefined);
  let late: NodeJS.Timeout | undefined;
  const end = (): void => {
    channel.end();
    late = setTimeout(() => text.destroy(), endingMs);
  };
  signal.addEventListener('abort', end, { once: true });
  const closed = once(channel, 'close');
  closed.catch(() => undefined);
  try {
    const said = collectTail(channel.stderr, onStderr);
    for await (const chunk of text) yield chunk as string;
    if (signal.aborted) return;
    await closed;
    if (code() !== 0 && !signal.aborted)
      throw commandFailure(node, said() || (code() === null ? 'the connection was lost' : ''), code());
  } catch (error) {
    // Its reader sees an error because we destroyed the stream.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
    clearTimeout(late);
    channel.destroy();
  }
}

/** A running command; `code` returns its exit status once it has one. */
interface RunningCommand {
  readonly channel: ClientChannel;
  readonly code: () => number | null;
}

async function execCommand(client: ssh2.Client, node: string, commandLine: string, signal: AbortSignal): Promise<RunningCommand> {
  try {
    return await abortable<RunningCommand>([signal], (resolve, reject) => {
      client.once('close', () => reject(new Error('the connection was closed')));
      client.exec(commandLine, (error, channel) => {
        if (error) return reject(error);
        let code: number | null = null;
        // A short command's status may arrive together with the answer to the request.
        channel.on('exit', (status: number | null) => {
          code = status;
        });
        resolve({ channel, code: () => code });
      });
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem('E_OBSERVE', `${node} does not run commands: ${(error as Error).message}.`, { about: node, cause: error });
  }
}
