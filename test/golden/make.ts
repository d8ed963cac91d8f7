import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peers } from '../../protocol/transport/peers.ts';
import { Outcomes } from '../../sender/spool/outcome.ts';
import { release } from '../../shared/release.ts';
import { beginMigration, type SenderLife, World } from '../support/in-process.ts';
import { makeShop } from '../support/shop.ts';
import { knownPeer, spoolFile } from './golden.ts';

/** Makes the golden state of this release, and prints its file; see README.md. */
async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'godwit-golden-'));
  try {
    await makeShop(join(dir, 'template'));
    const world = await World.open(join(dir, 'template'), join(dir, 'world'));
    world.startReceiver();
    const sender = await world.startSender();
    const campaign = await beginMigration(sender);
    await new Peers(join(world.senderState, 'peers.json')).add(knownPeer);
    const outcomes = new Outcomes(join(world.senderState, 'spool'), world.senderState);
    await outcomes.accept({ ...spoolFile, campaign, at: new Date().toISOString() });
    await untilMidway(sender);
    await sender.kill();
    await world.killReceiver();
    await world.close();
    const file = join(import.meta.dirname, `${release}.tar.gz`);
    const parts = ['source', 'destination', 'sender', 'receiver'];
    execFileSync('tar', ['-czf', file, '--exclude=*.reserve', '--exclude=*.sock', '-C', join(dir, 'world'), ...parts]);
    process.stdout.write(`${file}\n`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Waits until one server has moved and the disk of the next is being copied. */
async function untilMidway({ daemon }: SenderLife): Promise<void> {
  for (;;) {
    const moves = (await daemon.status()).campaigns[0]?.moves ?? [];
    const isMidway = moves.some(({ state }) => state === 'moved') && moves.some(({ phase }) => phase === 'copy');
    if (isMidway) return;
    if (moves.length > 0 && moves.every(({ state }) => state === 'moved')) throw new Error('It was over too soon; run it again.');
    await sleep(2);
  }
}

await main();
// A sender that was killed leaves its connections behind, as a process would not.
process.exit(0);
