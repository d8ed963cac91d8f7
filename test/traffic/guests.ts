import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs a program and returns its output; throws with its error output where it fails. */
export function sh(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
}

/** Runs a program in a namespace to its end. */
export function inside(namespace: string, program: string, ...args: readonly string[]): string {
  return sh('ip', 'netns', 'exec', namespace, program, ...args);
}

/** A running program in a namespace, and its output so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
}

const started = new Set<Running>();

/** Starts a program in a namespace; `ip netns exec` becomes it, so its pid is the program's. */
export function start(namespace: string, program: string, ...args: readonly string[]): Running {
  const child = spawn('ip', ['netns', 'exec', namespace, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (text: Buffer): void => {
    said += text.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const running = { child, said: () => said };
  started.add(running);
  child.once('close', () => started.delete(running));
  return running;
}

const isOver = ({ child }: Running): boolean => child.exitCode !== null || child.signalCode !== null;

/** Waits until a condition holds, at most a minute. */
export async function until(what: string, is: () => boolean): Promise<void> {
  for (let left = 600; !is(); left--) {
    if (left === 0) throw new Error(`waited in vain: ${what}`);
    await sleep(100);
  }
}

/** Waits until a program prints something; throws with its output where it ends before. */
export async function saying(running: Running, what: RegExp): Promise<void> {
  await until(String(what), () => what.test(running.said()) || isOver(running));
  if (!what.test(running.said())) throw new Error(`${String(what)} was not said, but: ${running.said()}`);
}

/** Waits until a program ends; throws with its output where it fails. */
export async function close(running: Running): Promise<void> {
  if (!isOver(running)) await once(running.child, 'close');
  if (running.child.exitCode !== 0) throw new Error(`it failed: ${running.said()}`);
}

/** Ends a program and waits until it has ended. */
export async function end(running: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (isOver(running)) return;
  const closed = once(running.child, 'close');
  running.child.kill(signal);
  await closed;
}

/** Ends all programs that still run. */
export async function endAll(): Promise<void> {
  await Promise.all([...started].map((running) => end(running, 'SIGKILL')));
}

/**
 * A server of the tenant: a namespace with one interface, plugged into `port` of the host's
 * namespace.
 */
export interface Guest {
  readonly id: string;
  readonly namespace: string;
  readonly port: string;
  readonly address: string;
}

/** Who asks whom, how often, for how much. */
export interface Talk {
  readonly from: number;
  readonly to: number;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly requests: number;
  readonly askedBytes: number;
  readonly answeredBytes: number;
}

/**
 * Makes a host's namespace, and so many guests whose other ends lie in it, and starts what answers
 * in each.
 */
export async function guestsOf(count: number, host: string): Promise<Guest[]> {
  const guests = Array.from({ length: count }, (_, index): Guest => {
    const id = `guest-${index}`;
    return { id, namespace: `${host}-${index}`, port: `port${index}`, address: `10.77.0.${index + 1}` };
  });
  sh('ip', 'netns', 'add', host);
  sh('ip', '-n', host, 'link', 'set', 'lo', 'up');
  inside(host, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
  for (const guest of guests) plug(guest, host);
  const answering = guests.map(({ namespace }) => start(namespace, 'python3', join(import.meta.dirname, 'answer.py')));
  await Promise.all(answering.map((running) => saying(running, /ready/)));
  return guests;
}

function plug({ namespace, port, address }: Guest, host: string): void {
  sh('ip', 'netns', 'add', namespace);
  sh('ip', '-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', port, 'netns', host);
  inside(namespace, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
  // Without it, frames leave without checksums and larger than any wire carries.
  inside(namespace, 'ethtool', '-K', 'eth0', 'tx', 'off', 'gso', 'off', 'tso', 'off', 'gro', 'off');
  sh('ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  sh('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
  sh('ip', '-n', host, 'link', 'set', port, 'up');
}

/** Runs the conversations of the guests at once, until each has its answers. */
export async function converse(guests: readonly Guest[], talks: readonly Talk[]): Promise<void> {
  const asking = talks.map(({ from, to, port, protocol, requests, askedBytes, answeredBytes }) => {
    const asker = guests[from];
    const answerer = guests[to];
    if (asker === undefined || answerer === undefined) throw new Error(`no guest ${from} or ${to}`);
    const numbers = [port, requests, askedBytes, answeredBytes].map(String);
    return start(asker.namespace, 'python3', join(import.meta.dirname, 'ask.py'), protocol, answerer.address, ...numbers);
  });
  await Promise.all(asking.map(close));
}

/** What an interface has counted in one direction. */
export interface Count {
  readonly bytes: number;
  readonly packets: number;
}

/** What a guest's own interface has counted: `tx` is what it sent. */
export function counted({ namespace }: Guest): { readonly rx: Count; readonly tx: Count } {
  const [line] = JSON.parse(sh('ip', '-n', namespace, '-s', '-j', 'link', 'show', 'eth0')) as [
    { stats64: { rx: Count; tx: Count } },
  ];
  return line.stats64;
}
