import { loadavg } from 'node:os';
import type { Lab } from './lab.ts';

/** What one run cost. `near` is the side that has the disk. */
export interface Cost {
  readonly seconds: number;
  /** Bytes of Ethernet frames, both directions. */
  readonly wireBytes: number;
  readonly cpuSeconds: { readonly near: number; readonly far: number };
  readonly peakBytes: { readonly near: number; readonly far: number };
  /** The machine's load average of one minute before the run. */
  readonly loadBefore: number;
}

const sampleMs = 100;

/**
 * Runs work between the two sides and counts what it costs; the work may return a time that is more
 * exact than ours.
 */
export async function measure(lab: Lab, work: () => Promise<number | undefined>): Promise<Cost> {
  const [loadBefore = 0] = loadavg();
  const before = await readings(lab);
  const peak = { near: 0, far: 0 };
  const sampler = setInterval(() => void sample(lab, peak), sampleMs);
  const began = performance.now();
  let seconds: number;
  try {
    const said = await work();
    seconds = said ?? (performance.now() - began) / 1000;
    await sample(lab, peak);
  } finally {
    clearInterval(sampler);
  }
  const after = await readings(lab);
  return {
    seconds,
    wireBytes: after.there + after.back - before.there - before.back,
    cpuSeconds: { near: after.near - before.near, far: after.far - before.far },
    peakBytes: peak,
    loadBefore,
  };
}

async function readings({ network, near, far }: Lab) {
  const [crossed, nearCpu, farCpu] = await Promise.all([network.crossed(), near.cpuSeconds(), far.cpuSeconds()]);
  return { ...crossed, near: nearCpu, far: farCpu };
}

async function sample({ near, far }: Lab, peak: { near: number; far: number }): Promise<void> {
  const [here, there] = await Promise.all([near.residentBytes(), far.residentBytes()]);
  peak.near = Math.max(peak.near, here);
  peak.far = Math.max(peak.far, there);
}
