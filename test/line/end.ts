import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '../../protocol/connection/connection.ts';
import { limits } from '../../protocol/limits.ts';
import type { Side } from '../../protocol/messages/message.ts';
import { Throttle } from '../../protocol/pacing/throttle.ts';
import { dial } from '../../protocol/transport/dial.ts';
import { loadOrCreateIdentity } from '../../protocol/transport/identity.ts';
import { listen } from '../../protocol/transport/listen.ts';
import { Peers } from '../../protocol/transport/peers.ts';
import { LaneBudget } from '../../sender/receiver/lane-budget.ts';
import { type Connections, keepLanes } from '../../sender/receiver/lanes.ts';
import { openLog } from '../../shared/log.ts';
import { aCampaign, aSession, receiverHandlers, senderHandlers } from '../support/protocol.ts';

/** What one end is told on its command line, as JSON. */
export interface EndOptions {
  readonly side: Side;
  readonly dir: string;
  readonly address: string;
  readonly port: number;
  readonly seconds: number;
  readonly frameBytes: number;
  readonly connections: Connections;
  readonly bytesPerSecond: number | null;
}

/** What the sending end prints, as JSON. */
export interface EndResult {
  readonly bytesPerSecond: number;
  readonly controlMs: { readonly p50: number; readonly p99: number; readonly most: number };
  readonly lanes: number;
  readonly rttMs: number | undefined;
  readonly rssMiB: number;
  readonly cpuSecondsPerGB: number;
}

/** Bytes that the receiving end has asked for at once. */
const pullBytes = 64 * 1024 * 1024;

const signal = new AbortController().signal;

async function receive({ dir, address, port, frameBytes }: EndOptions): Promise<void> {
  const identity = await loadOrCreateIdentity(join(dir, 'identity'), 'receiver');
  const peers = new Peers(join(dir, 'peers.json'));
  let main: Connection<'receiver'> | undefined;
  const serve = async (connection: Connection<'receiver'>): Promise<void> => {
    await connection.open(
      receiverHandlers({
        'session.join': async () => {
          main?.carry(connection);
          return {};
        },
        'campaign.open': async () => {
          main = connection;
          return { known: false, state: 'new', session: aSession };
        },
        'disk.offer': async () => {
          // The end of the connection is the end of the measurement.
          for (let open = 0; open < pullBytes / frameBytes; open += 1) pullOn(connection).catch(() => undefined);
          return { handle: 1 };
        },
      }),
    );
  };
  await listen({
    identity,
    peers,
    host: address,
    port,
    signal,
    onSocket: (socket) => void serve(new Connection(socket, { role: 'receiver', name: 'far', release: '0' })),
  });
  process.stdout.write('ready\n');
}

async function pullOn(connection: Connection<'receiver'>): Promise<void> {
  for (;;) await connection.request('disk.pull', { handle: 1, pieces: [[0, 1]] });
}

async function send(options: EndOptions): Promise<EndResult> {
  const { dir, address, port, seconds, frameBytes, connections } = options;
  const identity = await loadOrCreateIdentity(join(dir, 'identity'), 'sender');
  const peers = new Peers(join(dir, 'peers.json'));
  const [peer] = await peers.list();
  if (peer === undefined) throw new Error('Nobody is paired.');
  const throttle = new Throttle();
  throttle.limit(options.bytesPerSecond);
  // Memory that threads share, as a page has, is not given back once it is sent.
  const payload = Buffer.from(new SharedArrayBuffer(frameBytes)).fill(0x5a);
  const handlers = senderHandlers({ 'disk.pull': async () => ({ codec: 'none', rawBytes: frameBytes, payload }) });
  const reach = (): ReturnType<typeof dial> => dial({ address: `${address}:${port}`, identity, peer, peers, signal });
  const own: ConnectionOptions<'sender'> = { role: 'sender', name: 'near', release: '0', throttle };
  const main = new Connection(await reach(), own);
  await main.open(handlers);
  main.echo();
  const campaign = aCampaign();
  const { session } = await main.request('campaign.open', { campaign });
  const budget = new LaneBudget(limits.lanes);
  const lanes = { connections, budget, dial: reach, options: own, handlers: () => handlers, log: openLog('sender', 'warn') };
  void keepLanes(main, session, lanes, signal);
  while (connections !== 0 && main.wire.lanes === 0) await sleep(10);
  const offer = { campaign, server: 's', disk: 'd', size: 0, block_size: 65_536, algorithm: 'sha256' } as const;
  await main.request('disk.offer', offer);
  // What the first seconds are for: to find the rate of the line.
  await sleep(3_000);
  const since = performance.now();
  const before = main.wire.arrivedBytes;
  const cpu = process.cpuUsage();
  const roundTrips = await controlFor(main, seconds);
  const bytes = main.wire.arrivedBytes - before;
  const used = process.cpuUsage(cpu);
  const { lanes: count, rttMs } = main.wire;
  return {
    bytesPerSecond: (bytes / (performance.now() - since)) * 1000,
    controlMs: roundTrips,
    lanes: count,
    rttMs,
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
    cpuSecondsPerGB: (used.user + used.system) / 1e6 / (bytes / 1e9),
  };
}

/** Asks a small question every twentieth of a second and tells how long the answers took. */
async function controlFor(main: Connection<'sender'>, seconds: number): Promise<EndResult['controlMs']> {
  const took: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(50)) {
    const asked = performance.now();
    await main.request('disk.hole', { handle: 1, first: 0, blocks: 1 });
    took.push(performance.now() - asked);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

const given = JSON.parse(process.argv[2] ?? '{}') as EndOptions;
if (given.side === 'receiver') await receive(given);
else {
  process.stdout.write(`${JSON.stringify(await send(given))}\n`);
  process.exit(0);
}
