import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Link, Network } from './network.ts';
import { Side } from './side.ts';
import { tool } from './tool.ts';

/** Everything a contender runs in: two sides, their cable, and a folder for what arrives. */
export class Lab {
  readonly network: Network;
  readonly near: Side;
  readonly far: Side;
  readonly folder: string;
  /** Where rivals write what arrives. */
  readonly arrivals: string;

  private constructor(network: Network, near: Side, far: Side, folder: string) {
    this.network = network;
    this.near = near;
    this.far = far;
    this.folder = folder;
    this.arrivals = join(folder, 'arrivals');
  }

  static async open(folder: string): Promise<Lab> {
    const network = await Network.open();
    const lab = new Lab(network, await Side.open(network.near), await Side.open(network.far), folder);
    await lab.empty();
    return lab;
  }

  shape(link: Link): Promise<void> {
    return this.network.shape(link);
  }

  /**
   * Deletes what arrived, and waits until nothing is left to be written to the disks, so that each
   * run begins alike.
   */
  async empty(): Promise<void> {
    await rm(this.arrivals, { recursive: true, force: true });
    await mkdir(this.arrivals, { recursive: true });
    await tool('sync', []);
  }

  async close(): Promise<void> {
    await this.near.close();
    await this.far.close();
    await this.network.close();
    await rm(this.arrivals, { recursive: true, force: true });
  }
}

/** Throws unless two files have the same bytes. */
export async function mustBeIdentical(disk: string, arrived: string): Promise<void> {
  await tool('cmp', [disk, arrived]);
}
