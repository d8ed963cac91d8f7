import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../sender/report/model.ts';
import { Endings } from '../support/endings.ts';
import { warm } from '../support/warm.ts';
import { type Census, takeCensus } from './census.ts';
import { differences } from './compare.ts';
import { addressOf, type Guest, leaveTraces, notTheSame, readTraces } from './guests.ts';
import { http, openstackBatch, shape } from './lab.ts';
import { type Daemons, migrate, plan, report, startPaired, tell, until, untilState, watch, writePlan } from './migration.ts';
import { freshProject } from './tenant.ts';

const project = 'warm';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;
const mib = 1024 ** 2;

/**
 * What the guest does as long as it runs: a fresh file of 256 KiB in one of three places each
 * second, then its number and digest, all on the disk before the next.
 */
const writer = `(n=0; while :; do n=$((n+1)); f=/data/live.$((n % 3)); dd if=/dev/urandom of=$f bs=65536 count=4 2>/dev/null; sync
  echo "$n $(sha256sum < $f | cut -d' ' -f1)" >> /data/live.log; sync; sleep 1; done) </dev/null >/dev/null 2>&1 &`;

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let guest: Guest;
let campaign: string;
let told: Report;
/**
 * The last line of the guest's log that anybody saw before it was stopped, and when the guest was
 * last and first heard by the operator.
 */
const heard = { line: '', lastMs: 0, firstMs: 0 };

const inGuest = (ip: string, script: string): Promise<string> => http(ip, '/cgi-bin/run', script);

/** Listens to the old guest until it is told to end. */
async function listen(ip: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const line = await inGuest(ip, 'tail -n 1 /data/live.log').catch(() => '');
    if (line.includes(' ')) Object.assign(heard, { line: line.trim(), lastMs: Date.now() });
    await sleep(100);
  }
}

beforeAll(async () => {
  await freshProject(project, endings);
  await openstackBatch(src, [
    ['network', 'create', 'busy'],
    ['subnet', 'create', '--network', 'busy', '--subnet-range', '192.168.91.0/24', 'busy'],
    ['router', 'create', 'out'],
    ['router', 'set', '--external-gateway', 'ext', 'out'],
    ['router', 'add', 'subnet', 'out', 'busy'],
    ['security', 'group', 'rule', 'create', '--protocol', 'tcp', '--dst-port', '80', 'default'],
    ['port', 'create', '--network', 'busy', 'busy'],
    ['floating', 'ip', 'create', '--port', 'busy', '--description', 'busy', 'ext'],
    ['server', 'create', '--flavor', 'm1.tiny', '--image', 'guest', '--port', 'busy', '--wait', 'busy'],
  ]);
  await shape('200mbit');
  endings.add('the shaped link', () => shape('off'));
  before = await takeCensus(src);
  await leaveTraces(addressOf(before, 'busy'), 96);
  await inGuest(addressOf(before, 'busy'), writer);
  daemons = await startPaired(project, endings);
});

afterAll(() => endings.run());

describe('a server that writes all the while moves warm between two real clouds', () => {
  test('is copied in rounds while it runs and answers, and then waits for the operator with a forecast', async () => {
    const { file, plan: text } = await plan(daemons, project);
    const edit = warm('manual', { round_threshold_mib: 24, round_interval_seconds: 60 });
    await writePlan(project, edit(text).replace(/( +)name: busy\n/, '$&$1probe: http:80/cgi-bin/info\n'));
    campaign = await migrate(daemons, file);
    const { moves } = await watch(daemons, campaign, (status) => (status.moves[0]?.warm?.waits ? status : undefined));
    const rounds = moves[0]?.warm?.rounds ?? [];
    for (const { round, bytes, snapshot_ms, copy_ms } of rounds)
      tell(project, `round ${round}: ${(bytes / mib).toFixed(1)} MiB, snapshot ${snapshot_ms} ms, copy ${copy_ms} ms`);
    expect(rounds.length).toBeGreaterThanOrEqual(2);
    expect(rounds.at(-1)?.bytes).toBeLessThan((rounds[0]?.bytes ?? 0) / 2);
    expect(moves[0]?.warm?.forecast?.downtimeMs).toBeGreaterThan(0);
    expect((await takeCensus(src)).own.image).toEqual([]);
  });

  test('is stopped on the word, and runs at the destination', async () => {
    const ip = addressOf(before, 'busy');
    guest = await readTraces(ip);
    const over = new AbortController();
    const listening = listen(ip, over.signal);
    await daemons.sender.ask(['cutover', campaign]);
    const status = await untilState(daemons, campaign, 'ready');
    over.abort();
    await listening;
    expect(status.moves.map(({ state }) => state)).toEqual(['moved']);
    const moved = addressOf(await takeCensus(dst), 'busy');
    await until('The guest at the destination', 120_000, () => inGuest(moved, 'true').then(() => true as const));
    heard.firstMs = Date.now();
    told = await report(daemons, campaign);
  });

  test('goes on from the last thing it wrote: no line of its log is missing, and its data are those of the last', async () => {
    const after = await takeCensus(dst);
    const ip = addressOf(after, 'busy');
    const lines = (await inGuest(ip, 'cat /data/live.log')).trim().split('\n');
    expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, index) => index + 1));
    expect(lines).toContain(heard.line);
    const [number = '', digest] = lines.at(-1)?.split(' ') ?? [];
    expect((await inGuest(ip, `sha256sum < /data/live.${Number(number) % 3}`)).split(' ')[0]).toBe(digest);
    expect(await notTheSame(guest, ip)).toEqual([]);
    expect(differences(before, after)).toEqual([]);
  });

  test('sent little in its last round, and was down as long as the probes and the operator saw, and as was foretold', () => {
    const [move] = told.moves;
    const rounds = move?.rounds ?? [];
    const seconds = (ms = 0): string => (ms / 1000).toFixed(1);
    tell(
      project,
      `down ${seconds(move?.downtimeMs ?? 0)} s by the phases, ${seconds(move?.probed?.downtimeMs)} s by the probes, at most ${seconds(heard.firstMs - heard.lastMs)} s by the operator, ${seconds(move?.forecast?.downtimeMs)} s foretold; network ${seconds(move?.networkMs ?? 0)} s, overhead ${seconds(move?.overheadMs ?? 0)} s`,
    );
    expect(move?.disks[0]?.sentBytes).toBeLessThan((rounds[0]?.bytes ?? 0) / 2);
    expect(move?.probed).not.toBeNull();
    // The operator asks ten times a second at best, and finds the new address only when all is
    // over.
    expect(move?.probed?.downtimeMs).toBeLessThanOrEqual(heard.firstMs - heard.lastMs + 2_000);
  });

  test('is verified on both sides, then committed; no snapshot is left', async () => {
    const { disks } = await daemons.sender.ask<{ disks: { agrees: boolean; says: string }[] }>(['verify', campaign]);
    expect(disks.map(({ agrees, says }) => (agrees ? 'the same' : says))).toEqual(['the same']);
    await daemons.sender.ask(['commit', campaign, '--yes']);
    await untilState(daemons, campaign, 'committed');
    expect((await takeCensus(src)).own.image).toEqual([]);
  });
});
