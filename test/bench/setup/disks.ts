import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { tool } from '../lab/tool.ts';
import { change } from './changes.ts';
import { install } from './installation.ts';
import { downloadPackages, selections, unpackPackages } from './packages.ts';
import { Random } from './random.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** How large everything is. */
export interface Scale {
  readonly selection: keyof typeof selections;
  readonly diskBytes: number;
  /** Bytes that change in the three variants: few, many, and those of each sibling. */
  readonly fewBytes: number;
  readonly manyBytes: number;
  readonly ownBytes: number;
  readonly siblings: number;
  readonly hugeBytes: number;
  /** Ways in which a transfer is cut in the first round. */
  readonly cuts: number;
}

/** What the targets are about. */
export const whole: Scale = {
  selection: 'server',
  diskBytes: 2 * GiB,
  fewBytes: 100_000_000,
  manyBytes: 500_000_000,
  ownBytes: 50_000_000,
  siblings: 16,
  hugeBytes: 200 * GiB,
  cuts: 4,
};

/** For trying the benchmark out; its numbers mean nothing. */
export const quick: Scale = {
  selection: 'small',
  diskBytes: 160 * MiB,
  fewBytes: 5_000_000,
  manyBytes: 20_000_000,
  ownBytes: 3_000_000,
  siblings: 3,
  hugeBytes: 4 * GiB,
  cuts: 2,
};

/** The disks of a run, made on first use and kept in one folder. */
export class DiskShelf {
  readonly scale: Scale;
  readonly #folder: string;
  readonly #seed: string;
  readonly #say: (text: string) => void;
  readonly #making = new Map<string, Promise<string>>();

  constructor(folder: string, seed: string, scale: Scale, say: (text: string) => void) {
    this.#folder = folder;
    this.#seed = seed;
    this.scale = scale;
    this.#say = say;
  }

  /** A server's disk, as installed. */
  base(): Promise<string> {
    return this.#once('base', (image) => this.#install(image, 'base'));
  }

  /**
   * The same distribution installed once more: another order of files, another UUID, other keys and
   * logs.
   */
  second(): Promise<string> {
    return this.#once('second', (image) => this.#install(image, 'second'));
  }

  /** The base with `fewBytes` changed. */
  few(): Promise<string> {
    return this.#once('few', (image) => this.#change(image, 'few', this.scale.fewBytes));
  }

  /** The base with `manyBytes` changed. */
  many(): Promise<string> {
    return this.#once('many', (image) => this.#change(image, 'many', this.scale.manyBytes));
  }

  /** Servers made from one image, each with `ownBytes` of its own. */
  async siblings(): Promise<string[]> {
    const names = Array.from({ length: this.scale.siblings }, (_, n) => `sibling-${String(n + 1).padStart(2, '0')}`);
    const sibling = (name: string): Promise<string> =>
      this.#once(name, (image) => this.#change(image, name, this.scale.ownBytes));
    await this.base();
    await inParallel(names, 2, async (name) => void (await sibling(name)));
    return Promise.all(names.map(sibling));
  }

  /** A quarter of a disk of bytes that nothing compresses. */
  incompressible(): Promise<string> {
    return this.#once('incompressible', (image) =>
      this.#scatter(image, this.scale.diskBytes, 8 * MiB, 32 * MiB, (random, length) => random.bytes(length)),
    );
  }

  /** A disk full of bytes that nothing compresses. */
  noise(bytes: number): Promise<string> {
    return this.#once(`noise-${bytes}`, (image) =>
      this.#scatter(image, bytes, MiB, MiB, (random, length) => random.bytes(length)),
    );
  }

  /** A disk that was never written. */
  empty(): Promise<string> {
    return this.#once('empty', async (image) => {
      await tool('truncate', ['-s', String(this.scale.diskBytes), image]);
    });
  }

  /** A disk of `hugeBytes` with one MiB of data in every 512. */
  huge(): Promise<string> {
    return this.#once('huge', (image) =>
      this.#scatter(image, this.scale.hugeBytes, MiB, 512 * MiB, (random, length) => random.bytes(length)),
    );
  }

  /** Deletes a disk that is not needed any more. */
  async drop(image: string): Promise<void> {
    await rm(image, { force: true });
    for (const [name, made] of this.#making) if ((await made) === image) this.#making.delete(name);
  }

  async #install(image: string, which: string): Promise<void> {
    const debs = join(this.#folder, `debs-${this.scale.selection}`);
    const files = await downloadPackages(debs, selections[this.scale.selection]);
    const unpacked = join(this.#folder, `unpacked-${this.scale.selection}`);
    const packages = await unpackPackages(debs, files, unpacked);
    const scratch = join(this.#folder, 'scratch');
    await install({ image, bytes: this.scale.diskBytes, packages, seed: `${this.#seed}-${which}`, scratch });
    await rm(unpacked, { recursive: true });
    await rm(scratch, { recursive: true, force: true });
  }

  async #change(image: string, which: string, bytes: number): Promise<void> {
    const from = await this.base();
    await change({ from, image, bytes, seed: `${this.#seed}-${which}`, scratch: join(this.#folder, 'scratch') });
  }

  async #scatter(
    image: string,
    size: number,
    length: number,
    every: number,
    make: (random: Random, length: number) => Buffer,
  ): Promise<void> {
    const random = new Random(`${this.#seed}-${image.slice(image.lastIndexOf('/'))}`);
    const file = await open(image, 'w');
    try {
      await file.truncate(size);
      for (let at = 0; at + length <= size; at += every) await file.write(make(random, length), 0, length, at);
    } finally {
      await file.close();
    }
  }

  /**
   * Makes a disk unless an earlier run of the same seed and scale left it; a half-made one has
   * another name.
   */
  #once(name: string, make: (image: string) => Promise<void>): Promise<string> {
    const known = this.#making.get(name);
    if (known !== undefined) return known;
    const making = (async () => {
      const image = join(this.#folder, 'disks', `${this.scale.selection}-${this.#seed}-${name}.raw`);
      await mkdir(join(this.#folder, 'disks'), { recursive: true });
      const there = await stat(image).catch(() => null);
      if (there === null) {
        const began = performance.now();
        await rm(`${image}.half`, { force: true });
        await make(`${image}.half`);
        await rename(`${image}.half`, image);
        const used = (await stat(image)).blocks * 512;
        const seconds = (performance.now() - began) / 1000;
        this.#say(`made disk ${name}: ${Math.round(used / 1e6)} MB used, in ${seconds.toFixed(0)} s`);
      }
      return image;
    })();
    this.#making.set(name, making);
    return making;
  }
}
