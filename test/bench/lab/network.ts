import { readFile } from 'node:fs/promises';
import { type Distance, LongCable } from './long-cable.ts';
import { shell, tool } from './tool.ts';

/** A speed at which the two machines may talk. */
export interface Link {
  readonly name: string;
  /** Bytes of Ethernet frames per second; null: as fast as the kernel copies. */
  readonly bytesPerSecond: number | null;
  /** Arguments of tc-tbf(8). */
  readonly shape: string | null;
  /** How far the machines are from each other; absent: side by side. */
  readonly distance?: Distance;
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
  #device = 'cable';
  #long: LongCable | null = null;

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

  /** Makes the cable as fast and as long as a link, in both directions. */
  async shape({ shape, distance }: Link): Promise<void> {
    if (distance !== undefined) await this.#lay(distance);
    else if (this.#long !== null) await this.#takeUp(this.#long);
    for (const side of [this.near, this.far]) {
      await shell(`tc -n ${side} qdisc del dev ${this.#device} root 2>/dev/null || true`);
      if (shape !== null) await shell(`tc -n ${side} qdisc add dev ${this.#device} root tbf ${shape}`);
    }
  }

  /** Replaces the cable by a long one with the same addresses, where no connection is open. */
  async #lay(distance: Distance): Promise<void> {
    if (this.#long !== null) await this.#takeUp(this.#long);
    this.#long = await LongCable.lay(this.near, this.far, 'long', distance);
    await this.#moveAddresses('cable', 'long', `congctl ${distance.congestion}`);
  }

  async #takeUp(long: LongCable): Promise<void> {
    await this.#moveAddresses('long', 'cable', '');
    await long.takeUp();
    this.#long = null;
  }

  async #moveAddresses(from: string, to: string, route: string): Promise<void> {
    for (const [side, own] of [
      [this.near, '10.99.7.1'],
      [this.far, this.address],
    ] as const) {
      await shell(`
        ip -n ${side} address flush dev ${from}; ip -n ${side} address add ${own}/30 dev ${to}
        ip -n ${side} route replace 10.99.7.0/30 dev ${to} src ${own} ${route}`);
    }
    this.#device = to;
  }

  /** What has crossed since the cable was made. */
  async crossed(): Promise<Crossed> {
    // Both directions are counted at the near end, by the kernel, headers included.
    const shown = await tool('ip', ['-n', this.near, '-s', '-j', 'link', 'show', 'dev', this.#device]);
    const [link] = JSON.parse(shown) as [{ stats64: { rx: { bytes: number }; tx: { bytes: number } } }];
    return { there: link.stats64.tx.bytes, back: link.stats64.rx.bytes };
  }

  async close(): Promise<void> {
    await this.#long?.takeUp();
    await tool('ip', ['netns', 'del', this.near]);
    await tool('ip', ['netns', 'del', this.far]);
  }
}

/** The congestion control of TCP that the kernel uses. */
export async function congestionControl(): Promise<string> {
  return (await readFile('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8')).trim();
}
