import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Connection } from '../../../../protocol/connection/connection.ts';
import type { Handlers } from '../../../../protocol/messages.ts';
import { dial } from '../../../../protocol/transport/dial.ts';
import { blockDigest } from '../../../../shared/disk/block-digest.ts';
import { blockBytes, pageBlocks, pieceBytes } from '../../../../shared/model/disk.ts';
import { aDocumentJson, aFlavor, aServer, aServerDisk } from '../../../support/build.ts';
import { options, senderHandlers } from '../../../support/protocol.ts';
import { untilTestEnds } from '../../protocol/transport/house.ts';
import { aPairedSender, aPairedSite, type PairedSender, type PairedSite } from './paired-site.ts';

const page = randomBytes(pageBlocks * blockBytes);
const digests = Buffer.concat(
  Array.from({ length: pageBlocks }, (_, at) => blockDigest('blake3', page.subarray(at * blockBytes, (at + 1) * blockBytes))),
).toString('base64');

/** The pages of the disk that the other sender moves; each has other bytes of the same page. */
const pages = 12;

/** Opens a campaign of a sender and offers a disk in it. */
async function offer(
  site: PairedSite,
  sender: PairedSender,
  pull: Handlers<'sender'>['disk.pull'],
): Promise<{ connection: Connection<'sender'>; handle: number }> {
  const campaign = randomUUID();
  const lists = { flavors: [aFlavor({ id: 'flavor' })], servers: [aServer({ id: 's1' })], disks: [aServerDisk('s1', 2)] };
  const folder = join(site.state, 'campaigns', campaign);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'configurations.json'), JSON.stringify(aDocumentJson({ campaign, ...lists })));
  const connection = new Connection(
    await dial({ address: site.receiver.address, ...sender, signal: untilTestEnds() }),
    options('sender'),
  );
  await connection.open(senderHandlers({ 'disk.pull': pull }));
  await connection.request('campaign.open', { campaign });
  await (await site.campaigns.known(campaign)).ledger.reach('configured');
  const shape = { size: pages * page.length, block_size: blockBytes, algorithm: 'blake3' as const };
  const { handle } = await connection.request('disk.offer', { campaign, server: 's1', disk: 's1.root', ...shape });
  return { connection, handle };
}

test('a sender of whose campaigns none answers a pull does not slow down another sender', async () => {
  const site = await aPairedSite();
  const silent = await aPairedSender(site);
  const other = await aPairedSender(site);
  let asked = 0;
  const never = (): Promise<never> => {
    asked += 1;
    return new Promise<never>(() => undefined);
  };
  for (let campaign = 0; campaign < 20; campaign += 1) {
    const { connection, handle } = await offer(site, silent, never);
    connection.request('disk.page', { handle, first: 0, digests }).catch(() => undefined);
  }
  await expect.poll(() => asked).toBeGreaterThanOrEqual(8);
  const answers: Handlers<'sender'>['disk.pull'] = async ({ pieces }) => {
    const payload = Buffer.concat(
      pieces.map(([first, count]) => {
        const at = (first * pieceBytes) % page.length;
        return page.subarray(at, at + count * pieceBytes);
      }),
    );
    return { codec: 'none', rawBytes: payload.length, payload };
  };
  const { connection, handle } = await offer(site, other, answers);
  const begun = performance.now();
  for (let at = 0; at < pages; at += 1) await connection.request('disk.page', { handle, first: at * pageBlocks, digests });
  // Every pull that finds no room waits 10 s.
  expect(performance.now() - begun).toBeLessThan(10_000);
});
