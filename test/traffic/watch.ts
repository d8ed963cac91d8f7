import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { close, end, inside, type Running, saying, start, until } from './guests.ts';
import type { Exports } from './hosts.ts';

const sender = join(import.meta.dirname, '../../sender/main.ts');

/** Runs `sender` in a namespace. */
export const runSender = (namespace: string, ...args: readonly string[]): Running =>
  start(namespace, process.execPath, sender, ...args);

/** Where an observation runs, where its files are, and its collectors. */
export interface Place {
  readonly host: string;
  readonly folder: string;
  readonly document: string;
  /** Of the guests. */
  readonly addresses: readonly string[];
  readonly collectors: readonly string[];
}

/** Ends an observation; returns the matrix file of each collector, or why there is none. */
export type Ended = Promise<ReadonlyMap<string, PromiseSettledResult<string>>>;

/** How long counters and exports may take after the last packet. */
const settleMs = 3_000;

const matrixOf = ({ folder }: Place, collector: string): string => join(folder, `${collector.replaceAll(/\W+/g, '-')}.json`);

/**
 * Observes another node's connections from a namespace of its own, with the SSH settings of a
 * configuration.
 */
export async function watchNode(place: Place, from: string, node: string, config: string): Promise<() => Ended> {
  const output = ['--document', place.document, '-o', matrixOf(place, node)];
  const watching = ['--ssh', node, '--for', '10m', '--every', '2s'];
  const running = runSender(from, '--config', config, 'observe', ...output, ...watching);
  await saying(running, /watching/);
  await sleep(settleMs);
  return async () => {
    await sleep(settleMs);
    await endConnections(place);
    return ended({ ...place, collectors: [node] }, { [node]: () => stop(running) });
  };
}

/** Starts `sender observe`; `stop` ends it. */
function observing(place: Place, collector: string, ...args: readonly string[]): Running {
  const output = ['--document', place.document, '-o', matrixOf(place, collector)];
  return runSender(place.host, 'observe', ...output, '--for', '10m', ...args);
}

async function stop(running: Running): Promise<void> {
  running.child.kill('SIGINT');
  await close(running);
}

async function ended(place: Place, ways: Readonly<Record<string, () => Promise<void>>>): Ended {
  const wanted = Object.entries(ways).filter(([collector]) => place.collectors.includes(collector));
  const results = wanted.map(async ([collector, way]) => {
    const [result] = await Promise.allSettled([way().then(() => matrixOf(place, collector))]);
    return [collector, result] as const;
  });
  return new Map(await Promise.all(results));
}

/** Observes a Linux bridge with all collectors of packets and of conntrack. */
export async function watchBridge(place: Place): Promise<() => Ended> {
  const { host, folder, collectors } = place;
  const file = (name: string): string => join(folder, name);
  const begun: Record<string, Running> = {};
  const begin = async (collector: string, ready: RegExp, how: () => Running): Promise<void> => {
    if (!collectors.includes(collector)) return;
    const running = how();
    begun[collector] = running;
    await saying(running, ready);
  };
  await writeFile(file('pmacct.conf'), pmacctSettings(file('pmacct.rows')));
  const tracked = `conntrack -E -e DESTROY -o extended,timestamp,id -b 8388608 > ${file('events')}`;
  if (collectors.includes('conntrack')) inside(host, 'conntrack', '-F');
  await Promise.all([
    begin('conntrack', /watching/, () => observing(place, 'conntrack', '--conntrack', '--every', '2s')),
    begin('conntrack -E', /^/, () => start(host, 'sh', '-c', `exec ${tracked}`)),
    begin('tcpdump', /listening on/, () =>
      start(host, 'tcpdump', ...['-i', 'br0', '-s', '96', '-U', '-B', '16384', '-Z', 'root', '-w', file('all.pcap'), 'ip']),
    ),
    begin('pmacct', /link type/, () => start(host, 'pmacctd', '-f', file('pmacct.conf'))),
  ]);
  // The other collectors begin after the first dump of conntrack.
  await sleep(settleMs);
  const read = (collector: string, option: string, name: string) => close(observing(place, collector, option, file(name)));
  return async () => {
    await sleep(settleMs);
    if (collectors.includes('conntrack')) {
      await writeFile(file('dump.xml'), inside(host, 'conntrack', '-L', '-o', 'xml'));
      await endConnections(place);
    }
    const { conntrack, ...others } = begun;
    await Promise.all(Object.values(others).map((running) => end(running, 'SIGINT')));
    return ended(place, {
      conntrack: async () => conntrack && stop(conntrack),
      'conntrack -L': () => read('conntrack -L', '--conntrack-file', 'dump.xml'),
      'conntrack -E': () => read('conntrack -E', '--conntrack-file', 'events'),
      tcpdump: () => read('tcpdump', '--pcap', 'all.pcap'),
      pmacct: () => read('pmacct', '--pmacct', 'pmacct.rows'),
    });
  };
}

/**
 * Ends all connections, for each end reports its counters. One guest at a time, for of all at once
 * the kernel loses some events.
 */
async function endConnections({ host, addresses }: Place): Promise<void> {
  for (const address of addresses) {
    // It fails where there is none.
    inside(host, 'sh', '-c', `conntrack -D -s ${address} || true`);
    await sleep(50);
  }
  await sleep(1_000);
}

const pmacctSettings = (rows: string): string =>
  [
    ...['daemonize: false', 'pcap_interface: br0', 'plugins: print', 'print_output: json', `print_output_file: ${rows}`],
    ...['print_output_file_append: true', 'print_refresh_time: 2', 'aggregate: src_host, dst_host, src_port, dst_port, proto'],
    '',
  ].join('\n');

/** Observes an Open vSwitch: listens first, then switches the export on. */
export async function watchSwitch(place: Place, exports: Exports, oneIn = 1): Promise<() => Ended> {
  const ports = Object.entries({ NetFlow: 2055, IPFIX: 4739, sFlow: 6343 }).filter(([name]) => place.collectors.includes(name));
  const begun = ports.map(
    ([collector, port]) => [collector, observing(place, collector, `--${collector.toLowerCase()}`, String(port))] as const,
  );
  await until('ports to listen on', () => {
    const listening = inside(place.host, 'ss', '-uln');
    return ports.every(([, port]) => listening.includes(`:${port} `));
  });
  exports.on(oneIn);
  return async () => {
    await sleep(settleMs);
    exports.off();
    await sleep(1_000);
    return ended(place, Object.fromEntries(begun.map(([collector, running]) => [collector, () => stop(running)])));
  };
}

/** Why a collector cannot run on this machine; undefined where it can. */
export function lackOf(collector: string): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const kernel = ['/proc/sys/net/netfilter/nf_conntrack_acct', '/proc/sys/net/bridge/bridge-nf-call-iptables'];
  const program = {
    tcpdump: 'tcpdump',
    pmacct: 'pmacctd',
    NetFlow: 'ovs-vswitchd',
    IPFIX: 'ovs-vswitchd',
    sFlow: 'ovs-vswitchd',
  }[collector];
  const programs = ['ip', 'ss', 'ethtool', 'python3', ...(program === undefined ? ['conntrack', 'nft'] : [program])];
  const missing = programs.filter(
    (name) => !(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`)),
  );
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  const without = program === undefined ? kernel.filter((setting) => !existsSync(setting)) : [];
  return without.length > 0 ? `this kernel has no ${without.join(', ')}` : undefined;
}
