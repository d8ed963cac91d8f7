import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Connection } from '../../protocol/connection/connection.ts';
import { dial } from '../../protocol/transport/dial.ts';
import { status } from '../../receiver/control/commands/status.ts';
import type { ReceiverContext } from '../../receiver/control/context.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { blockDigest } from '../../shared/disk/block-digest.ts';
import { blockBytes, pageBlocks, pieceBytes, Root } from '../../shared/model/disk.ts';
import { aDocumentJson, aFlavor, aServer, aServerDisk } from '../support/build.ts';
import { directClient } from '../support/direct-client.ts';
import { options, senderHandlers } from '../support/protocol.ts';
import { untilTestEnds } from '../unit/protocol/transport/house.ts';
import { aPairedSender, aPairedSite, someCampaigns } from '../unit/receiver/session/paired-site.ts';

const mib = 2 ** 20;

/** The most memory that this process takes more than before while `work` runs: MiB. */
async function mostMemory(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss / mib;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss / mib - before);
  }, 50);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most;
}

test('a hundred campaigns of one peer at once take less than 1,200 MiB, both ends of them together', async () => {
  const site = await aPairedSite();
  const sender = await aPairedSender(site);
  const bytes = randomBytes(pageBlocks * blockBytes);
  const size = bytes.length + 2 ** 30;
  const digests = Buffer.concat(
    Array.from({ length: pageBlocks }, (_, at) => blockDigest('blake3', bytes.subarray(at * blockBytes, (at + 1) * blockBytes))),
  );
  const root = new Root(size, blockBytes, 'blake3');
  root.add(digests);
  await root.addZeros(2 ** 30 / blockBytes);
  const sealed = root.value();
  const pull = async ({ pieces }: { readonly pieces: readonly (readonly [number, number])[] }) => {
    const payload = Buffer.concat(
      pieces.map(([first, count]) => bytes.subarray(first * pieceBytes, (first + count) * pieceBytes)),
    );
    return { codec: 'none' as const, rawBytes: payload.length, payload };
  };
  const one = async (): Promise<void> => {
    const campaign = randomUUID();
    const lists = { flavors: [aFlavor({ id: 'flavor' })], servers: [aServer({ id: 's1' })], disks: [aServerDisk('s1', 2)] };
    await mkdir(join(site.state, 'campaigns', campaign), { recursive: true });
    await writeFile(
      join(site.state, 'campaigns', campaign, 'configurations.json'),
      JSON.stringify(aDocumentJson({ campaign, ...lists })),
    );
    const socket = await dial({ address: site.receiver.address, ...sender, signal: untilTestEnds() });
    const connection = new Connection(socket, options('sender'));
    await connection.open(senderHandlers({ 'disk.pull': pull }));
    await connection.request('campaign.open', { campaign });
    await (await site.campaigns.known(campaign)).ledger.reach('configured');
    const shape = { size, block_size: blockBytes, algorithm: 'blake3' as const };
    const { handle } = await connection.request('disk.offer', { campaign, server: 's1', disk: 's1.root', ...shape });
    await connection.request('disk.page', { handle, first: 0, digests: digests.toString('base64') });
    await connection.request('disk.hole', { handle, first: pageBlocks, blocks: 2 ** 30 / blockBytes });
    expect(await connection.request('disk.seal', { handle, root: sealed })).toMatchObject({ root: sealed });
    await connection.close('done');
  };
  const most = await mostMemory(async () => {
    await Promise.all(Array.from({ length: 100 }, one));
  });
  console.log(`100 campaigns, a disk of a GiB with 4 MiB of data each: ${most.toFixed(0)} MiB`);
  expect(most).toBeLessThan(1200);
});

test('ten thousand campaigns that are over are listed at once, and none of them is opened', async () => {
  const { state, sessions, receiver } = await aPairedSite();
  const ids = Array.from({ length: 10_000 }, () => randomUUID());
  const at = (count: number): string => new Date(Date.UTC(2026, 0, 1) + count * 60_000).toISOString();
  await mkdir(join(state, 'archive'), { recursive: true });
  await inParallel([...ids.entries()], 64, async ([count, id]) => {
    await mkdir(join(state, 'campaigns', id), { recursive: true });
    await writeFile(join(state, 'campaigns', id, 'ledger.jsonl'), 'what nobody reads');
    const ended = { format: 'godwit/ended', version: 1, state: 'committed', built: 7 };
    await writeFile(join(state, 'archive', `${at(count)}_${id}.json`), JSON.stringify(ended));
  });
  const campaigns = someCampaigns(state);
  const live = randomUUID();
  await (await campaigns.open(live)).ledger.reach('configured');
  const descriptors = (await readdir('/proc/self/fd')).length;
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns, peers: receiver.peers } as ReceiverContext;
  const begun = performance.now();
  const told = await directClient({ status }, context).status({});
  const tookMs = performance.now() - begun;
  console.log(`10,000 campaigns: ${tookMs.toFixed(0)} ms`);
  expect(tookMs).toBeLessThan(5_000);
  expect(told.endedCampaigns).toBe(10_000);
  expect(told.campaigns).toHaveLength(11);
  expect(told.campaigns[0]).toMatchObject({ id: live, state: 'configured' });
  expect(told.campaigns[1]).toMatchObject({ id: ids[9_999], state: 'committed', built: 7 });
  expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(descriptors);
});
