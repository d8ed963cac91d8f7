import { execFile } from 'node:child_process';
import { connect, isIP } from 'node:net';
import { request } from 'undici';

/** What one look at one address showed; `says` is for people. */
export interface ProbeAnswer {
  readonly good: boolean;
  readonly says: string;
}

/**
 * Whether a probe is answered over the network, at an address; the console is asked of the cloud.
 */
export function isNetworkProbe(probe: string): boolean {
  return !probe.startsWith('console:');
}

/**
 * Looks once whether an address answers a probe (`tcp:PORT`, `http:PORT/PATH`, `http:/PATH`,
 * `ping`) within a limit. Never throws: what keeps it from answering is what it says.
 */
export function answerOf(probe: string, address: string, limitMs: number, signal: AbortSignal): Promise<ProbeAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const rest = probe.slice(probe.indexOf(':') + 1);
  if (probe === 'ping') return ping(address, limit);
  return probe.startsWith('tcp:') ? tcp(address, Number(rest), limit) : http(address, rest, limit);
}

function tcp(host: string, port: number, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (good: boolean, says: string): void => {
      socket.destroy();
      resolve({ good, says });
    };
    socket.once('connect', () => end(true, `${host}:${port} accepts connections.`));
    socket.once('error', (error) => end(false, `${host}:${port}: ${signal.aborted ? 'no answer' : error.message}`));
  });
}

async function http(host: string, rest: string, signal: AbortSignal): Promise<ProbeAnswer> {
  const slash = rest.indexOf('/');
  const [port, path] = slash === -1 ? [rest, '/'] : [rest.slice(0, slash) || '80', rest.slice(slash)];
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}${path}`;
  try {
    const { statusCode, body } = await request(url, { signal });
    await body.dump();
    return { good: statusCode < 400, says: `${url} answers ${statusCode}.` };
  } catch (error) {
    return { good: false, says: `${url}: ${(error as Error).message}` };
  }
}

/**
 * One ICMP echo through ping(8) of iputils, which needs no privilege where
 * net.ipv4.ping_group_range allows it, as systemd's default does.
 */
function ping(host: string, signal: AbortSignal): Promise<ProbeAnswer> {
  // Only an address ever reaches the command line.
  if (isIP(host) === 0) return Promise.resolve({ good: false, says: `${host} is no address.` });
  return new Promise((resolve) => {
    execFile('ping', ['-n', '-q', '-c', '1', host], { signal }, (error) => {
      if (error === null) resolve({ good: true, says: `${host} answers ping.` });
      else if (error.code === 'ENOENT')
        resolve({ good: false, says: 'ping is not installed here (Debian: apt install iputils-ping).' });
      else resolve({ good: false, says: `${host}: no answer to ping.` });
    });
  });
}
