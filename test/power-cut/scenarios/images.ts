import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyImage } from '../../../receiver/disks/dedup/image-copy.ts';
import { Disks } from '../../../receiver/disks/disks.ts';
import { FreeSpace } from '../../../receiver/disks/store/free-space.ts';
import { OpenStackDestination } from '../../../shared/cloud/openstack/destination.ts';
import { openImage } from '../../../shared/cloud/openstack/images/image-file.ts';
import { blockDigest } from '../../../shared/disk/block-digest.ts';
import { makeFolder } from '../../../shared/durable.ts';
import { accessTo, Hand } from '../../conformance/furnish.ts';
import { startTwin } from '../../twin/twin.ts';
import type { Scenario } from '../scenario.ts';
import { toolsIn } from './copy.ts';

const blockSize = 4096;

/** An image that begins and ends with data. */
const content = Buffer.concat([Buffer.alloc(9000, 'first'), Buffer.alloc(200_000), Buffer.alloc(7000, 'last')]);

const formats = ['raw', 'qcow2'] as const;

/** Images of a cloud that are downloaded: a snapshot by the sender, and donors by the receiver. */
export const images: Scenario = {
  name: 'images',
  lives: [
    async (state, say) => {
      const beside = join(state, '..');
      const twin = await startTwin({ stateDir: join(beside, 'twin'), pace: 0, zeroDiskForMembers: true });
      const access = await accessTo(twin.authUrl, 'demo');
      const hand = new Hand(access);
      const signal = AbortSignal.timeout(60_000);
      const snapshot = await hand.store({ name: 'snapshot' }, content);
      const source = await openImage(hand.session, snapshot, join(state, 'snapshots'), signal);
      say(`snapshot ${snapshot}`);
      await source.close();
      const cloud = new OpenStackDestination(access);
      const donors = join(state, 'images');
      await makeFolder(donors);
      await writeFile(join(beside, 'raw'), content);
      execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', join(beside, 'raw'), join(beside, 'qcow2')]);
      const all = new Disks('c', join(state, 'c'), toolsIn(state));
      for (const disk_format of formats) {
        const bytes = await readFile(join(beside, disk_format));
        const donor = { id: await hand.store({ name: disk_format, disk_format }, bytes), image: 'i', size: bytes.length };
        const path = join(donors, `${disk_format}.raw`);
        await copyImage(cloud, donor, path, { mostBytes: 2 ** 30, freeSpace: new FreeSpace(state), signal });
        say(`donor ${disk_format}`);
        await all.addDonor(path, join(donors, disk_format), { size: content.length, blockSize, algorithm: 'sha256' }, signal);
      }
      await all.close();
      await twin.stop();
    },
  ],
  check: async (state, said) => {
    const flaws: string[] = [];
    for (const text of said) {
      const [word, what = ''] = text.split(' ');
      if (word === 'snapshot' && !(await isVouchedFor(join(state, 'snapshots', what))))
        flaws.push('a whole snapshot is downloaded again');
      if (word === 'donor' && (await readFile(join(state, 'images', `${what}.raw`)).catch(() => null)) === null)
        flaws.push(`the ${what} image is downloaded again`);
    }
    for (const format of formats) {
      // What has this name is never looked at again.
      const file = await readFile(join(state, 'images', `${format}.raw`)).catch(() => null);
      if (file !== null && !file.subarray(0, content.length).equals(content))
        flaws.push(`the ${format} image has its name and is not whole`);
      const named = await readFile(join(state, 'images', `${format}.digests`)).catch(() => null);
      if (named?.length === digests.length && !named.equals(digests))
        flaws.push(`the digests of the ${format} image name other bytes`);
    }
    return flaws;
  },
};

const digests = Buffer.concat(
  Array.from({ length: Math.ceil(content.length / blockSize) }, (_, block) =>
    blockDigest('sha256', content.subarray(block * blockSize, (block + 1) * blockSize)),
  ),
);

/** Whether a download is there as its note says. */
async function isVouchedFor(base: string): Promise<boolean> {
  const note = await readFile(`${base}.json`, 'utf8').catch(() => null);
  if (note === null) return false;
  const { format, algorithm, digest } = JSON.parse(note) as { format: string; algorithm: string; digest: string };
  const bytes = await readFile(`${base}.${format}`).catch(() => null);
  return bytes !== null && createHash(algorithm).update(bytes).digest('hex') === digest;
}
