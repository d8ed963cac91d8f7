import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Lab } from '../lab/lab.ts';

interface Report {
  readonly error?: string;
  readonly end?: { readonly sum_received?: { readonly bits_per_second: number } };
}

/** Over a line that loses packets iperf3 itself fails now and then. */
const attempts = 3;

/** What streams of TCP carry with nothing to read, write or encrypt: bytes per second received. */
export async function iperf(lab: Lab, streams: number, seconds: number): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await measureOnce(lab, streams, seconds);
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

async function measureOnce(lab: Lab, streams: number, seconds: number): Promise<number> {
  const server = lab.far.spawn(['iperf3', '--server', '--one-off', '--forceflush']);
  server.stderr.resume();
  // It says that it listens.
  await once(server.stdout, 'data');
  server.stdout.resume();
  const client = lab.near.spawn([
    'iperf3',
    '--client',
    lab.network.address,
    '--parallel',
    String(streams),
    '--time',
    String(seconds),
    '--json',
  ]);
  client.stderr.resume();
  const report = JSON.parse(await text(client.stdout)) as Report;
  const carried = report.end?.sum_received?.bits_per_second;
  if (!carried && server.exitCode === null) server.kill();
  if (!carried) throw new Error(`iperf3 failed: ${report.error ?? 'it says nothing'}`);
  if (server.exitCode === null) await once(server, 'exit');
  return carried / 8;
}
