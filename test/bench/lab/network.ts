import { readFile } from 'node:fs/promises';
import { shell, tool } from './tool.ts';

/** A speed at which the two machines may talk. */
export interface Link {
  readonly name: string;
  /** Bytes of Ethernet frames per second; null: as fast as the kernel copies. */
  readonly bytesPerSecond: number | null;
  /** Arguments of tc-tbf(8). */
  readonly shape: string | null;
}

/** The links of the targets, slowest first. */
export const links = {
  slow: { name: '100 Mbit/s', bytesPerSecond: 12.5e6, shape: 'rate 100mbit burst 64kb latency 50ms' },
  fast: { name: '1 Gbit/s', bytesPerSecond: 125e6, shape: 'rate 1gbit burst 256kb latency 10ms' },
  free: { name: 'unshaped', bytesPerSecond: null, shape: null },
} as const satisfies Record<string, Link>;

/** Bytes of Ethernet frames that left each side. */
export interface Crossed {
  readonly there: number;
  readonly back: number;
}

/**
 * Two network namespaces, joined by a veth: the machine that has the disks, and the one that gets
 * them.
 */
export class Network {
  readonly near: string;
  readonly far: string;
  /** The far machine's address. */
  readonly address = '10.99.7.2';

  private constructor(near: string, far: string) {
    this.near = near;
    this.far = far;
  }

  static async open(): Promise<Network> {
    const network = new Network(`bench-${process.pid}-near`, `bench-${process.pid}-far`);
    const { near, far, address } = network;
    await shell(`
      ip netns add ${near}; ip netns add ${far}
      ip link add cable netns ${near} type veth peer name cable netns ${far}
      ip -n ${near} address add 10.99.7.1/30 dev cable; ip -n ${far} address add ${address}/30 dev cable
      for side in ${near} ${far}; do ip -n $side link set lo up; ip -n $side link set cable up; done`);
    return network;
  }

  /** Makes the cable as fast as a link, in both directions. */
  async shape({ shape }: Link): Promise<void> {
    for (const side of [this.near, this.far]) {
      await shell(`tc -n ${side} qdisc del dev cable root 2>/dev/null || true`);
      if (shape !== null) await shell(`tc -n ${side} qdisc add dev cable root tbf ${shape}`);
    }
  }

  /** What has crossed since the cable was made. */
  async crossed(): Promise<Crossed> {
    // Both directions are counted at the near end, by the kernel, headers included.
    const shown = await tool('ip', ['-n', this.near, '-s', '-j', 'link', 'show', 'dev', 'cable']);
    const [link] = JSON.parse(shown) as [{ stats64: { rx: { bytes: number }; tx: { bytes: number } } }];
    return { there: link.stats64.tx.bytes, back: link.stats64.rx.bytes };
  }

  async close(): Promise<void> {
    await tool('ip', ['netns', 'del', this.near]);
    await tool('ip', ['netns', 'del', this.far]);
  }
}

/** The congestion control of TCP that the kernel uses. */
export async function congestionControl(): Promise<string> {
  return (await readFile('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8')).trim();
}
