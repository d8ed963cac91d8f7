import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { abortable } from '../../shared/concurrency/abortable.ts';
import { Problem } from '../../shared/problem.ts';
import { inTime } from './in-time.ts';
import type { TransportLimits } from './limits.ts';

/** Opens a TCP connection; throws E_PEER_UNREACHABLE, which says how far it got. */
export async function connectTcp(host: string, port: number, signal: AbortSignal, limits: TransportLimits): Promise<Socket> {
  const about = `${host}:${port}`;
  const addresses = await inTime(
    limits.lookupMs,
    signal,
    () => late(about, `No name server answered for ${host}`, limits.lookupMs),
    (limited) => addressesOf(host, limited),
  );
  const nobody = (): Problem => late(about, `Nothing answered at ${about}; a firewall may drop the packets`, limits.connectMs);
  return await inTime(limits.connectMs, signal, nobody, (limited) => open(host, port, addresses, limited, limits.keepAliveMs));
}

interface Resolved {
  readonly address: string;
  readonly family: number;
}

async function addressesOf(host: string, signal: AbortSignal): Promise<Resolved[]> {
  try {
    // A lookup cannot be stopped; the answer of a late one is ignored.
    return await abortable<Resolved[]>([signal], (resolve, reject) => void lookup(host, { all: true }).then(resolve, reject));
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem('E_PEER_UNREACHABLE', `The name ${host} has no address.`, { about: host, cause: error });
  }
}

/** Tries all addresses of a name, IPv6 and IPv4 in turn (RFC 8305, as Node does it). */
async function open(
  host: string,
  port: number,
  addresses: Resolved[],
  signal: AbortSignal,
  keepAliveMs: number,
): Promise<Socket> {
  const socket = connect({
    host,
    port,
    autoSelectFamily: true,
    lookup: (_name, _options, found) => found(null, addresses),
  });
  socket.setNoDelay(true);
  // A half-open connection shows itself even while nobody speaks.
  socket.setKeepAlive(true, keepAliveMs);
  try {
    return await abortable<Socket>(
      [signal],
      (resolve, reject) => {
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      },
      () => socket.destroy(),
    );
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    const about = `${host}:${port}`;
    throw new Problem('E_PEER_UNREACHABLE', `${about} cannot be reached: ${reason(error)}.`, { about, cause: error });
  }
}

/** What the usual errors of connect(2) mean. */
function reason(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = (first as NodeJS.ErrnoException).code ?? '';
  const meanings: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'the machine answers, but nothing listens on that port',
    EHOSTUNREACH: 'no route to that host',
    ENETUNREACH: 'no route to that network',
    ECONNRESET: 'the connection was reset',
    ETIMEDOUT: 'nothing answered',
  };
  return meanings[code] ?? (first as Error).message;
}

function late(about: string, what: string, limitMs: number): Problem {
  return new Problem('E_PEER_UNREACHABLE', `${what} within ${limitMs / 1000} s.`, { about });
}
