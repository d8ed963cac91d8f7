import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compare } from '../demo/compare.ts';
import { proveGuests } from '../demo/guests.ts';
import type { Feature } from '../demo/portrait.ts';
import type { Proof } from '../demo/proof.ts';
import { runningIn } from '../support/processes.ts';

const script = join(import.meta.dirname, '../demo/main.ts');
/** Alone the demo takes about a minute; beside other work on two cores it may take minutes. */
const patience = { timeout: 300_000 };

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'godwit-demo-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the demo', () => {
  test('moves the whole tenant, proves it and leaves nothing but its report', patience, async () => {
    const demo = startDemo(['--json']);
    const [code, out, story] = await Promise.all([ended(demo), text(demo.stdout), text(demo.stderr)]);

    expect(code, story).toBe(0);
    const { holds, proof, committed } = JSON.parse(out) as { holds: boolean; proof: Proof; committed: Proof['source'] };
    expect(holds).toBe(true);
    const { resources, disks, guests, report } = proof;
    const kinds = Object.entries(Object.groupBy(resources, ({ kind }) => kind)).map(([kind, list]) => [kind, list?.length]);
    expect(Object.fromEntries(kinds)).toEqual({
      network: 2,
      subnet: 2,
      router: 1,
      'security group': 4,
      keypair: 1,
      'server group': 1,
      server: 5,
      port: 7,
      'floating IP': 1,
    });
    expect([...resources, ...disks, ...guests, ...proof.source, ...committed].filter(({ differs }) => differs !== null)).toEqual(
      [],
    );
    expect(disks.map(({ sha256 }) => sha256)).toEqual(Array(5).fill(expect.stringMatching(/^[0-9a-f]{64}$/)));
    expect(guests).toHaveLength(5);
    expect(committed).toHaveLength(5);
    expect(report.totals.servers).toBe(5);
    expect(await leftBehind()).toEqual(['report.html']);
    expect(await runningIn(dir)).toEqual([]);
  });

  test('ends everything it started when it is interrupted', patience, async () => {
    const demo = startDemo([]);
    const said = text(demo.stderr);
    while ((await runningIn(dir)).length < 3) await sleep(50);
    demo.kill('SIGINT');

    expect(await ended(demo)).toBe(1);
    expect(await said).toContain('interrupted by SIGINT');
    expect(await leftBehind()).toEqual([]);
    expect(await runningIn(dir)).toEqual([]);
  });
});

describe('the comparison', () => {
  test('names what is missing, what is new and what differs', () => {
    const source = [aFeature('front'), aFeature('back'), aFeature('edge')];
    const destination = [aFeature('front'), aFeature('back', { mtu: 1400 }), aFeature('extra')];

    expect(compare(source, source).every(({ differs }) => differs === null)).toBe(true);
    expect(compare(source, destination)).toEqual([
      { kind: 'network', name: 'front', differs: null },
      { kind: 'network', name: 'back', differs: 'mtu is 1400, not 1450' },
      { kind: 'network', name: 'edge', differs: 'it is missing' },
      { kind: 'network', name: 'extra', differs: 'it is not there at the source' },
    ]);
  });

  test('takes things of the same name one by one', () => {
    expect(compare([aFeature('app'), aFeature('app')], [aFeature('app')]).map(({ differs }) => differs)).toEqual([
      null,
      'it is missing',
    ]);
  });
});

describe('the word of a guest', () => {
  const before = { host: 'web-1', ip: '10.10.1.11', mac: 'fa:16:3e:00:00:01', boots: 1, ticks: 7 };
  const after = { ...before, boots: 2, ticks: 12 };
  const differs = (moved: { boots: number; ticks: number } | null, now: typeof before): string | null | undefined =>
    proveGuests(new Map([['web-1', before]]), new Map([['web-1', moved]]), new Map([['web-1', now]]))[0]?.differs;

  test('holds when the counter has gone on from what was on the disk that moved', () => {
    expect(differs({ boots: 1, ticks: 9 }, after)).toBeNull();
  });

  test('does not hold for a guest that began anew, an older disk, another address or a counter that stands still', () => {
    expect(differs({ boots: 1, ticks: 9 }, { ...after, boots: 1 })).toBe('it has booted 1 times, not 2');
    expect(differs({ boots: 1, ticks: 3 }, after)).toBe('its disk has counted 3, but it had said 7 before');
    expect(differs({ boots: 1, ticks: 9 }, { ...after, ip: '10.10.1.99' })).toBe('its ip is 10.10.1.99, not 10.10.1.11');
    expect(differs({ boots: 1, ticks: 12 }, after)).toBe('its counter is 12; on the disk that moved it was 12');
    expect(differs(null, after)).toBe('there is no record on the disk that moved');
  });
});

function aFeature(name: string, attributes: Feature['attributes'] = { mtu: 1450 }): Feature {
  return { kind: 'network', name, id: name, attributes, local: {} };
}

type Demo = ChildProcessByStdio<null, Readable, Readable>;

/** Starts the demo in a folder of this test, so that its processes can be found. */
function startDemo(args: readonly string[]): Demo {
  return spawn(process.execPath, [script, ...args], { env: { ...process.env, TMPDIR: dir }, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: Demo): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve));
}

async function leftBehind(): Promise<string[]> {
  const folders = await readdir(dir);
  return (await Promise.all(folders.map((folder) => readdir(join(dir, folder))))).flat();
}
