import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process on one side of the cable, with its three streams. */
export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const pageBytes = 4096;

/**
 * One of the two machines: a network namespace, and a control group in which everything it runs is
 * counted.
 */
export class Side {
  readonly namespace: string;
  readonly #group: string;

  private constructor(namespace: string, group: string) {
    this.namespace = namespace;
    this.#group = group;
  }

  static async open(namespace: string): Promise<Side> {
    const group = join(await groupsOfVersionTwo(), namespace);
    await mkdir(group);
    return new Side(namespace, group);
  }

  /** Starts a program here; what it writes on stderr is the caller's to read. */
  spawn(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
    // nsenter and sh replace themselves, so that the pid is the program's.
    const enter = 'echo $$ >"$0/cgroup.procs" && net=$1 && shift && exec nsenter --net="$net" -- "$@"';
    return spawn('bash', ['-c', enter, this.#group, `/run/netns/${this.namespace}`, ...args], {
      stdio: 'pipe',
      env: { ...process.env, LC_ALL: 'C', ...env },
    });
  }

  /** CPU seconds of everything that ever ran here. */
  async cpuSeconds(): Promise<number> {
    const text = await readFile(join(this.#group, 'cpu.stat'), 'utf8');
    return Number(/usage_usec (\d+)/.exec(text)?.[1]) / 1e6;
  }

  /**
   * Bytes of memory in which what runs here now is resident, shared pages counted once per process;
   * see proc(5), statm.
   */
  async residentBytes(): Promise<number> {
    let bytes = 0;
    for (const pid of await this.#pids()) {
      const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '0 0');
      bytes += Number(text.split(' ')[1]) * pageBytes;
    }
    return bytes;
  }

  /** Ends everything that still runs here. */
  async clear(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const pids = await this.#pids();
      if (pids.length === 0) return;
      for (const pid of pids) {
        try {
          process.kill(pid, tries < 100 ? 'SIGTERM' : 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
      await sleep(50);
    }
  }

  async close(): Promise<void> {
    await this.clear();
    await rmdir(this.#group);
  }

  async #pids(): Promise<number[]> {
    const text = await readFile(join(this.#group, 'cgroup.procs'), 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  }
}

/** Where control groups of version 2 are; Debian 12 has them at the first place. */
async function groupsOfVersionTwo(): Promise<string> {
  for (const place of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'])
    if (await stat(join(place, 'cgroup.procs')).catch(() => null)) return place;
  throw new Error('Control groups of version 2 are not mounted; `mount -t cgroup2 none /sys/fs/cgroup/unified` mounts them.');
}
