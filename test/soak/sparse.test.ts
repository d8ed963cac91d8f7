import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { openFile } from '../../shared/disk/file.ts';
import { blockBytes, digestBytes, pieceBytes } from '../../shared/model/disk.ts';
import { aFolder } from '../support/folder.ts';
import { aSession } from '../support/protocol.ts';
import { type Answering, sendTo } from '../unit/sender/disks/a-sender.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** Size of the disk in GiB; `GODWIT_SOAK_GIB` makes a shorter run of the same. */
const sizeGiB = Number(process.env['GODWIT_SOAK_GIB'] ?? 200);

/** A receiver that pulls every page whole, and keeps nothing of it. */
function aSink(heard: { pulled: number }): Answering {
  return {
    handlers: (connection) => ({
      'campaign.open': async () => ({ known: false, state: 'new', session: aSession }),
      'disk.page': async ({ handle, first, digests }) => {
        const blocks = (Buffer.byteLength(digests, 'base64') / digestBytes) | 0;
        const pieces = [[(first * blockBytes) / pieceBytes, (blocks * blockBytes) / pieceBytes]] as const;
        heard.pulled += (await connection.request('disk.pull', { handle, pieces })).rawBytes;
        return { missing: blocks };
      },
    }),
  };
}

/** A sparse file with one MiB of bytes in every GiB. */
async function aSparseFile(): Promise<string> {
  const path = join(await aFolder(), 'sparse.raw');
  const file = await open(path, 'w');
  for (let at = 0; at < sizeGiB; at += 1) await file.write(Buffer.alloc(MiB, `block ${at} `), 0, MiB, at * GiB);
  await file.truncate(sizeGiB * GiB);
  await file.close();
  return path;
}

test('a sparse disk of 200 GiB that does not tell its holes is read in flat memory, and the event loop stays free', async () => {
  const source = await openFile(await aSparseFile());
  const heard = { pulled: 0 };
  const residents: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const sampling = setInterval(() => residents.push(process.memoryUsage.rss()), 250);
  const began = performance.now();
  delay.enable();
  const sealed = await sendTo(aSink(heard), source);
  delay.disable();
  clearInterval(sampling);
  const seconds = Math.round((performance.now() - began) / 1000);
  const half = Math.max(...residents.slice(0, residents.length / 2));
  const end = Math.max(...residents);
  const p99Ms = delay.percentile(99) / 1e6;
  console.info(`${sizeGiB} GiB in ${seconds} s; resident ${half / MiB}, then ${end / MiB} MiB; event loop p99 ${p99Ms} ms`);
  expect(sealed.size).toBe(sizeGiB * GiB);
  // The whole page of every MiB: a page that is not all zeros is told as one.
  expect(heard.pulled).toBe(sizeGiB * 4 * MiB);
  expect(end).toBeLessThan(400 * MiB);
  expect(end - half).toBeLessThan(32 * MiB);
  expect(p99Ms).toBeLessThan(50);
}, 3_600_000);
