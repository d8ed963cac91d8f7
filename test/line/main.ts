import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadOrCreateIdentity } from '../../protocol/transport/identity.ts';
import { Peers } from '../../protocol/transport/peers.ts';
import type { EndOptions, EndResult } from './end.ts';

/**
 * A line to measure on: how the veth is shaped, and what it can carry of our bytes (frames and
 * TCP/IP and Ethernet headers taken off).
 */
interface Line {
  readonly name: string;
  readonly shape: readonly string[] | null;
  readonly carries: number | null;
}

/** Of 1514 bytes of an Ethernet frame TCP with time stamps leaves 1448. */
const goodput = 1448 / 1514 / 8;

const lines: readonly Line[] = [
  { name: '100 Mbit/s', shape: ['rate', '100mbit', 'burst', '64kb', 'latency', '50ms'], carries: 100e6 * goodput },
  { name: '1 Gbit/s', shape: ['rate', '1gbit', 'burst', '256kb', 'latency', '10ms'], carries: 1e9 * goodput },
  { name: 'unlimited', shape: null, carries: null },
];

const near = 'godwit-near';
const far = 'godwit-far';
const address = '10.231.0.2';
const port = 9443;

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function makeLine({ shape }: Line): void {
  for (const space of [near, far]) ip('netns', 'add', space);
  ip('link', 'add', 'gw-near', 'netns', near, 'type', 'veth', 'peer', 'name', 'gw-far', 'netns', far);
  for (const [space, device, own] of [
    [near, 'gw-near', '10.231.0.1/24'],
    [far, 'gw-far', `${address}/24`],
  ] as const) {
    ip('-n', space, 'address', 'add', own, 'dev', device);
    ip('-n', space, 'link', 'set', device, 'up');
    ip('-n', space, 'link', 'set', 'lo', 'up');
    // Debian's own choice, whatever this machine was told.
    ip('-n', space, 'route', 'replace', '10.231.0.0/24', 'dev', device, 'congctl', 'cubic');
    if (shape !== null) execFileSync('tc', ['-n', space, 'qdisc', 'add', 'dev', device, 'root', 'tbf', ...shape]);
  }
}

function takeDown(): void {
  for (const space of [near, far]) {
    try {
      execFileSync('ip', ['netns', 'delete', space], { stdio: 'ignore' });
    } catch {
      // It is not there.
    }
  }
}

function start(space: string, options: EndOptions) {
  const script = join(import.meta.dirname, 'end.ts');
  const args = [
    'netns',
    'exec',
    space,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    script,
    JSON.stringify(options),
  ];
  return spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Both ends know each other's key, as after a pairing. */
async function acquaint(dir: string): Promise<void> {
  for (const [own, other, name] of [
    ['sender', 'receiver', 'far'],
    ['receiver', 'sender', 'near'],
  ] as const) {
    const { fingerprint, certificate } = await loadOrCreateIdentity(join(dir, other, 'identity'), other);
    const peers = new Peers(join(dir, own, 'peers.json'));
    await peers.add({ name, address: `${address}:${port}`, fingerprint, certificate, paired_at: '2026-01-01T00:00:00Z' });
  }
}

async function measure(line: Line, dir: string, options: Pick<EndOptions, 'connections' | 'bytesPerSecond'>): Promise<string[]> {
  makeLine(line);
  const common = { address, port, seconds: Number(process.argv[2] ?? 10), frameBytes: 1024 * 1024, ...options };
  const receiver = start(far, { ...common, side: 'receiver', dir: join(dir, 'receiver') });
  try {
    await once(receiver.stdout, 'data');
    const sender = start(near, { ...common, side: 'sender', dir: join(dir, 'sender') });
    const result = JSON.parse(await text(sender.stdout)) as EndResult;
    const [, rss] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${receiver.pid}/status`, 'utf8')) ?? [];
    const { bytesPerSecond, controlMs } = result;
    const can = options.bytesPerSecond ?? line.carries;
    return [
      line.name,
      options.bytesPerSecond === null ? '-' : (options.bytesPerSecond / 1e6).toFixed(1),
      (bytesPerSecond / 1e6).toFixed(2),
      can === null ? '-' : `${((bytesPerSecond / can) * 100).toFixed(1)} %`,
      controlMs.p50.toFixed(1),
      controlMs.p99.toFixed(1),
      controlMs.most.toFixed(1),
      String(result.lanes),
      result.rttMs?.toFixed(2) ?? '-',
      result.cpuSecondsPerGB.toFixed(2),
      `${result.rssMiB} / ${Math.round(Number(rss) / 1024)}`,
    ];
  } finally {
    receiver.kill();
    await once(receiver, 'close');
    takeDown();
  }
}

const heads = [
  'line',
  'limit MB/s',
  'MB/s',
  'of it',
  'control p50 ms',
  'p99',
  'most',
  'lanes',
  'rtt ms',
  'CPU s/GB',
  'MiB of both',
];
const unlimited = { connections: 'auto', bytesPerSecond: null } as const;
const limited = { connections: 3, bytesPerSecond: 5e6 } as const;

takeDown();
const dir = await mkdtemp(join(tmpdir(), 'godwit-line-'));
try {
  await acquaint(dir);
  process.stdout.write(`${heads.join(' | ')}\n`);
  for (const line of lines) process.stdout.write(`${(await measure(line, dir, unlimited)).join(' | ')}\n`);
  for (const line of lines.slice(0, 1)) process.stdout.write(`${(await measure(line, dir, limited)).join(' | ')}\n`);
} finally {
  await rm(dir, { recursive: true, force: true });
}
