import { setTimeout as sleep } from 'node:timers/promises';
import { ChunkSplitter } from '../collect/chunk-splitter.ts';
import { type ConntrackEntry, isConntrackMessage, parseConntrackLine } from '../collect/conntrack.ts';
import { ConntrackMeter, type MeteredFlow } from '../collect/conntrack-meter.ts';
import type { Shell } from './shell.ts';
import type { KnownNetworks, TrafficSink, TrafficSource } from './source.ts';

/**
 * Only root reads the connection table without sudo. The PATH of an SSH session often lacks sbin.
 */
const sudoPrefix = 'PATH="$PATH:/usr/sbin:/sbin"; S=; [ "$(id -u)" = 0 ] || S="sudo -n";';
const dumpCommand = `${sudoPrefix} $S conntrack -L -f ipv4 -o extended,id && $S conntrack -L -f ipv6 -o extended,id`;
/**
 * Ends of connections, for some begin and end between two dumps. The buffer is for thousands a
 * second.
 */
const eventsCommand = `${sudoPrefix} exec $S conntrack -E -e DESTROY -o extended,id -b 8388608`;
/** How long the last dump may take after the time is over. */
const lastDumpMs = 20_000;

/**
 * Observes the connections of one node by a dump every `everyMs` and the end of each connection.
 */
export function conntrackSource(
  open: (signal: AbortSignal) => Promise<Shell>,
  node: string,
  everyMs: number,
  networks: KnownNetworks,
): TrafficSource {
  const name = `conntrack ${node}`;
  return {
    name,
    live: true,
    watch: async (sink, signal) => {
      const shell = await open(signal);
      const from = new Date().toISOString();
      try {
        await watchShell(shell, name, everyMs, networks, sink, signal);
      } finally {
        shell.close();
      }
      return { name, from, until: new Date().toISOString() };
    },
  };
}

async function watchShell(
  shell: Shell,
  name: string,
  everyMs: number,
  networks: KnownNetworks,
  sink: TrafficSink,
  signal: AbortSignal,
): Promise<void> {
  const meter = new ConntrackMeter();
  const give = meteredFlowSink(name, networks, sink);
  const failing = new AbortController();
  const until = AbortSignal.any([signal, failing.signal]);
  let started = false;
  let failure: unknown;
  const onStderr = (said: string): void => {
    if (/ENOBUFS/.test(said))
      sink.say(
        `${name}: events were lost, for too many connections ended at once. Their traffic since the last dump is missing.`,
      );
  };
  const listening = (async () => {
    for await (const entry of entries(shell.run(eventsCommand, until, onStderr), sink)) {
      // A connection that ends during the first dump may be older than the period.
      const metered = started ? meter.event(entry, Date.now()) : null;
      if (metered !== null) give([metered]);
    }
    if (!until.aborted) sink.say(`${name}: conntrack sends no more events; the dumps continue.`);
  })().catch((error: unknown) => {
    failure = error;
    failing.abort();
  });
  try {
    meter.start(await all(entries(shell.run(dumpCommand, until), sink)), Date.now());
    started = true;
    while (!until.aborted) {
      // The last dump follows at once when the time is over.
      await sleep(everyMs, undefined, { signal: until }).catch(() => undefined);
      const limit = AbortSignal.any([AbortSignal.timeout(lastDumpMs), failing.signal]);
      give(meter.dump(await all(entries(shell.run(dumpCommand, limit), sink)), Date.now()));
    }
  } catch (error) {
    failure ??= error;
  } finally {
    failing.abort();
    await listening;
    sink.reject('over_limit', meter.overLimit);
    if (meter.uncounted > 0)
      sink.say(
        `${name}: connections have no counters. Run \`sysctl net.netfilter.nf_conntrack_acct=1\` there; it counts later connections.`,
      );
  }
  if (failure !== undefined) throw failure;
}

/**
 * Returns the function that passes metered flows on. Each zone counts as a place of its own: a
 * connection between two servers of one node is in two zones.
 */
export function meteredFlowSink(
  name: string,
  { zones }: KnownNetworks,
  sink: TrafficSink,
): (metered: readonly MeteredFlow[]) => void {
  return (metered) => {
    for (const { zone, observation } of metered) {
      const network = zones.get(zone);
      // Where the operator names zones, other zones are other tenants'.
      if (zones.size > 0 && network === undefined) sink.reject('foreign_traffic');
      else sink.add(network === undefined ? observation : { ...observation, network }, `${name} ${zone}`);
    }
  };
}

async function* entries(text: AsyncIterable<string>, sink: TrafficSink): AsyncGenerator<ConntrackEntry> {
  const lines = new ChunkSplitter();
  const parse = (line: string): ConntrackEntry[] => {
    const entry = parseConntrackLine(line);
    if (entry === null && !isConntrackMessage(line)) sink.reject('malformed');
    return entry === null ? [] : [entry];
  };
  for await (const chunk of text) yield* lines.push(chunk).flatMap(parse);
  yield* parse(lines.end());
  sink.reject('malformed', lines.dropped);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
