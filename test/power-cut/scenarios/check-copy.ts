import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Disks } from '../../../receiver/disks/disks.ts';
import { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { bytesOf, falseMarks, fillAndSeal, offerOf, toolsWith, versionOf } from './copy.ts';

let shared: WorkerPool | undefined;
const usual = process.env['PATH'];

/** The threads of all checks. */
function threads(): WorkerPool {
  shared ??= new WorkerPool({ size: 1, buffers: 4 });
  // Without qemu-img and fallocate a restart reads holes and writes zeros, in a fifth of the time.
  process.env['PATH'] = '/nonexistent';
  return shared;
}

/** Ends the threads of all checks. */
export async function closeChecks(): Promise<void> {
  await shared?.close();
  shared = undefined;
  process.env['PATH'] = usual;
}

/**
 * What a restarted receiver must find of a copy: no false mark, what was sealed, and a copy that
 * can be made equal to the disk without pulling what was durable.
 */
export async function checkCopy(state: string, said: readonly string[]): Promise<string[]> {
  const workers = threads();
  const flaws = await falseMarks(join(state, 'disks', 's'));
  const last = said.at(-1) ?? 'nothing';
  if (last === 'discarded' && (await readdir(state)).includes('disks')) flaws.push('copies that were freed take room again');
  if (last.startsWith('discard')) return flaws;
  const [word, version = ''] = last.split(' ');
  const all = new Disks('c', state, toolsWith(workers, state));
  try {
    if (
      word === 'sealed' &&
      !(await bytesOf(all).catch((error: Error) => Buffer.from(error.message))).equals(versionOf(Number(version)))
    )
      flaws.push(`disk ${version} was sealed, and cannot be read as it was`);
    const offering = Number(said.findLast((text) => text.startsWith('offered'))?.split(' ')[1] ?? 0);
    const offer = offerOf(offering);
    const copy = await all.offer('s', 'd', offer.shape);
    const unknown = (word === 'marked' ? last.split(' ').slice(1).map(Number) : []).filter(
      (block) => !copy.file.blocks.isKnown(block),
    );
    if (unknown.length > 0) flaws.push(`the blocks ${unknown.join(', ')} were marked, and are read again`);
    await fillAndSeal(all, offer);
    if (!(await bytesOf(all)).equals(versionOf(offering))) flaws.push('the resumed copy has other bytes');
    const durable = word === 'durable' ? last.split(' ').slice(1).map(Number) : word === 'sealed' ? [...offer.pulled] : [];
    const again = offer.pulled.filter((block) => durable.includes(block));
    if (again.length > 0) flaws.push(`the blocks ${again.join(', ')} were durable, and are pulled again`);
  } finally {
    await all.close();
  }
  return flaws;
}
