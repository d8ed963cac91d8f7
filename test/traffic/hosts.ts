import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Guest, inside, sh, until } from './guests.ts';

/**
 * Joins the guests by a Linux bridge. Where the kernel can, the host's conntrack sees its packets,
 * as with security groups by iptables.
 */
export function bridge(host: string, guests: readonly Guest[], tracked: boolean): void {
  if (tracked) {
    inside(host, 'sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1', 'net.bridge.bridge-nf-call-iptables=1');
    const chain = 'add chain inet t c { type filter hook forward priority 0; }';
    inside(host, 'nft', `add table inet t; ${chain}; add rule inet t c ct state new counter`);
  }
  sh('ip', '-n', host, 'link', 'add', 'br0', 'type', 'bridge');
  sh('ip', '-n', host, 'link', 'set', 'br0', 'up');
  for (const { port } of guests) sh('ip', '-n', host, 'link', 'set', port, 'master', 'br0');
}

/**
 * What a switch exports to this machine's ports 2055, 4739 and 6343; sFlow samples one packet in so
 * many, by default every one.
 */
export interface Exports {
  readonly on: (oneIn?: number) => void;
  readonly off: () => void;
}

/** A switch that runs. */
export interface Switch {
  readonly exports: Exports;
  readonly end: () => Promise<void>;
}

/** Joins the guests by an Open vSwitch of their own, in userspace. */
export async function openVSwitch(host: string, guests: readonly Guest[], folder: string): Promise<Switch> {
  await mkdir(folder, { recursive: true });
  const socket = `unix:${folder}/db.sock`;
  const run = (...args: readonly string[]): string => inside(host, 'env', `OVS_RUNDIR=${folder}`, ...args);
  const detached = (name: string) => [
    ...[`--pidfile=${folder}/${name}.pid`, `--unixctl=${folder}/${name}.ctl`, '--detach', '--no-chdir'],
    `--log-file=${folder}/${name}.log`,
  ];
  sh('ovsdb-tool', 'create', `${folder}/conf.db`, '/usr/share/openvswitch/vswitch.ovsschema');
  run('ovsdb-server', `${folder}/conf.db`, `--remote=p${socket}`, ...detached('ovsdb'));
  const vsctl = (...args: readonly string[]) => run('ovs-vsctl', `--db=${socket}`, ...args);
  vsctl('--no-wait', 'init');
  run('ovs-vswitchd', socket, ...detached('vswitchd'));
  vsctl('add-br', 'br-int', '--', 'set', 'bridge', 'br-int', 'datapath_type=netdev', 'fail-mode=standalone');
  for (const { port } of guests) vsctl('add-port', 'br-int', port);
  return { exports: exportsOf(vsctl), end: () => endSwitch(folder) };
}

function exportsOf(vsctl: (...args: readonly string[]) => string): Exports {
  const create = (kind: string, ...columns: readonly string[]) => [
    ...['--', `--id=@${kind}`, 'create', kind, ...columns, '--', 'set', 'bridge', 'br-int', `${kind}=@${kind}`],
  ];
  const netflow = create('netflow', 'targets="127.0.0.1:2055"', 'active-timeout=2');
  const sflow = (oneIn: number) =>
    create('sflow', 'agent=lo', 'target="127.0.0.1:6343"', 'header=128', `sampling=${oneIn}`, 'polling=0');
  const ids = ['sampling=1', 'obs_domain_id=1', 'obs_point_id=1'];
  const ipfix = create('ipfix', 'targets="127.0.0.1:4739"', ...ids, 'cache_active_timeout=2', 'cache_max_flows=1000');
  return {
    // Usually every packet: sampling would only show chance.
    on: (oneIn = 1) => void vsctl(...netflow, ...sflow(oneIn), ...ipfix),
    off: () => void vsctl('clear', 'bridge', 'br-int', 'netflow', 'sflow', 'ipfix'),
  };
}

async function endSwitch(folder: string): Promise<void> {
  for (const name of ['vswitchd', 'ovsdb']) {
    const pid = Number(await readFile(`${folder}/${name}.pid`, 'utf8').catch(() => '0'));
    if (pid === 0) continue;
    process.kill(pid, 'SIGTERM');
    // It takes its file away when it has ended.
    await until(`${name} to end`, () => !existsSync(join(folder, `${name}.pid`)));
  }
}
