import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shell, tool } from './tool.ts';

/** What a long line does to packets, and how TCP answers. */
export interface Distance {
  readonly rttMs: number;
  /** Of the packets in each direction. */
  readonly lossPercent: number;
  readonly congestion: Congestion;
}

/**
 * The congestion controls that are measured: what Debian and Ubuntu have, and what Google made.
 */
export const congestions = ['cubic', 'bbr'] as const;

/** One of the congestion controls. */
export type Congestion = (typeof congestions)[number];

/** The congestion controls that this kernel has; none is loaded for a measurement. */
export async function knownCongestions(): Promise<readonly string[]> {
  const known = await readFile('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8');
  return known.trim().split(' ');
}

/** The running cable program between two namespaces, with a device of that name in each. */
export class LongCable {
  readonly #program: ChildProcess;
  readonly #folder: string;

  private constructor(program: ChildProcess, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** Compiles the program and lays the cable. */
  static async lay(near: string, far: string, device: string, { rttMs, lossPercent }: Distance): Promise<LongCable> {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-cable-'));
    const program = join(folder, 'cable');
    await tool('gcc', ['-O2', '-Wall', '-pthread', '-o', program, join(import.meta.dirname, 'cable.c')]);
    const child = spawn(program, [near, far, device, String(rttMs / 2), String(lossPercent)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const cable = new LongCable(child, folder);
    const ready = once(child.stdout, 'data');
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The cable ended with ${String(code)}.`)));
    // It ends when it is taken up, too.
    ended.catch(() => undefined);
    await Promise.race([ready, ended]);
    // The usual queue of a TUN device is 500 packets: a burst of 1 Gbit/s would be lost in it.
    await shell(`for side in ${near} ${far}; do ip -n $side link set ${device} up txqueuelen 2000; done`);
    return cable;
  }

  /** Ends the program; its devices go with it. */
  async takeUp(): Promise<void> {
    if (this.#program.exitCode === null && this.#program.signalCode === null) {
      const gone = once(this.#program, 'exit');
      this.#program.kill();
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
