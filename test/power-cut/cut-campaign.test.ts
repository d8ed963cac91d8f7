import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../sender/ordering/math/random.ts';
import { type Daemon, scriptOf } from '../support/daemons.ts';
import { chosenSeed } from '../support/seed.ts';
import { begin, campaignOf, flawsOfMove, openSite, type Site, until } from '../support/site.ts';
import { leftBy, putDown } from './cut/left.ts';
import { cutAt } from './cut/pending.ts';
import { callsOf } from './record/calls.ts';
import { Recorder } from './record/recorder.ts';
import { lacksStrace, startTraced } from './record/strace.ts';

const lacks = lacksStrace();
const seed = chosenSeed();
const random = seededRandom(seed).next;
const blockBytes = 4096;

/** A disk of some blocks that are all different. */
function diskOf(name: string): Buffer {
  const disk = Buffer.alloc(2 * 1024 * 1024);
  for (let at = 0; at < disk.length; at += blockBytes)
    disk.write(`${name} ${at} ${'0123456789abcdef'.repeat(200)}`.slice(0, 4000), at);
  return disk;
}

let site: Site;
beforeAll(async () => {
  if (lacks === null) site = await openSite({ diskOf });
}, 120_000);
afterAll(async () => {
  await site?.endings.run();
});

/** Kills the daemon that strace traces, its only child; strace ends with it. */
async function endTraced({ pid, exitCode, signalCode }: ChildProcess): Promise<void> {
  if (exitCode !== null || signalCode !== null) return;
  const daemon = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim();
  process.kill(Number(daemon), 'SIGKILL');
}

/**
 * Runs a daemon until the power is cut at one of its syncs, takes away what the disk need not have
 * kept, and returns how many changes were lost; null where the daemon is stopped before.
 */
async function cutPower({ config }: Daemon, sync: string, isOver: () => Promise<boolean>): Promise<number | null> {
  const { bin, file, state } = config;
  const recorder = new Recorder(state, join(state, '..', 'said'));
  const log = join(state, '..', `${bin}.strace`);
  const child = startTraced([scriptOf(bin), 'run', '--config', file], { log, inject: sync });
  const ended = once(child, 'close').then(() => true);
  site.endings.add(`the traced ${bin}`, () => endTraced(child));
  let isCut = false;
  while (!isCut && !(await isOver())) isCut = await Promise.race([ended, sleep(300, false)]);
  if (!isCut) {
    await endTraced(child);
    await ended;
  }
  recorder.take(callsOf(await readFile(log, 'utf8')));
  const cut = cutAt(recorder.history, Number.POSITIVE_INFINITY);
  const left = leftBy(cut, { of: new Map(cut.pending.map((one) => [one, random() < 0.7 ? 'lost' : 'there'])), seed });
  await rm(state, { recursive: true });
  putDown(left, state);
  return isCut ? cut.pending.length : null;
}

test.skipIf(lacks !== null)(
  'a campaign goes on after power cuts of both daemons at syncs of theirs, and ends with the same bytes',
  async () => {
    console.info(`power cuts: GODWIT_SEED=${seed}`);
    const id = await begin(site);
    const isOver = async (): Promise<boolean> => (await campaignOf(site, id))?.state === 'ready';
    const cuts: string[] = [];
    for (const [daemon, most] of [
      [site.sender, 6],
      [site.receiver, 12],
      [site.sender, 12],
      [site.receiver, 20],
      [site.sender, 9],
    ] as const) {
      if (await isOver()) break;
      await daemon.kill();
      const number = 1 + Math.floor(random() * most);
      const lost = await cutPower(daemon, `fdatasync:signal=KILL:when=${number}`, isOver);
      cuts.push(`${daemon.config.bin} at ${number}: ${lost} pending`);
      await daemon.start();
    }
    console.info(cuts.join('; '));
    await until(site, id, 'ready');
    expect(cuts.length).toBeGreaterThan(1);
    expect(await flawsOfMove(site)).toEqual([]);
  },
  600_000,
);
