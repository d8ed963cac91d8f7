import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Endings } from '../support/endings.ts';
import { type Census, idsOf, takeCensus } from './census.ts';
import { differences } from './compare.ts';
import { addressOf, type Guest, leaveTraces, notTheSame, readTraces } from './guests.ts';
import { linkDown, linkUp, populate, shape } from './lab.ts';
import { type Daemons, migrate, plan, report, startPaired, tell, untilState, watch, wireBytes } from './migration.ts';
import { freshProject } from './tenant.ts';

const project = 'torn';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;
const names = ['web 世 1', 'app.v2'];
const mib = 1024 ** 2;

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let empty: Census;
let guests: readonly Guest[];
let campaign: string;

beforeAll(async () => {
  await freshProject(project, endings);
  await populate(src);
  // slow enough that a copy can be hit in its middle
  await shape('50mbit');
  endings.add('the shaped link', () => shape('off'));
  before = await takeCensus(src);
  empty = await takeCensus(dst);
  for (const name of names) await leaveTraces(addressOf(before, name), 48);
  daemons = await startPaired(project, endings);
});

afterAll(() => endings.run());

describe('a campaign that is hit again and again', () => {
  test('goes on after the sender is killed while it copies', async () => {
    const { file } = await plan(daemons, project);
    guests = await Promise.all(names.map((name) => readTraces(addressOf(before, name))));
    campaign = await migrate(daemons, file);
    const sent = await watch(daemons, campaign, ({ moves }) => {
      const bytes = moves[0]?.disks[0]?.sentBytes ?? 0;
      return bytes >= 16 * mib ? bytes : undefined;
    });
    await daemons.sender.kill();
    tell(project, `sender killed after ${Math.round(sent / mib)} MiB`);
    await daemons.sender.start();
  });

  test('goes on after the receiver is killed while it builds a server', async () => {
    await watch(daemons, campaign, ({ moves }) => (moves[0]?.phase === 'create' ? true : undefined));
    await sleep(1_000);
    await daemons.receiver.kill();
    tell(project, 'receiver killed while it creates the first server');
    await daemons.receiver.start();
  });

  test('goes on after the link was silent for 20 seconds', async () => {
    await watch(daemons, campaign, ({ moves }) => ((moves[1]?.disks[0]?.sentBytes ?? 0) >= 16 * mib ? true : undefined));
    const atCut = await wireBytes('src');
    await linkDown();
    tell(project, 'link cut');
    await sleep(20_000);
    await linkUp();
    tell(project, `link mended; the sender tried to send ${Math.round(((await wireBytes('src')) - atCut) / 1024)} KiB meanwhile`);
  });

  test('ends with every server moved, each thing once', async () => {
    const { moves } = await untilState(daemons, campaign, 'ready');
    expect(moves.map(({ state }) => state)).toEqual(['moved', 'moved']);
    await report(daemons, campaign);
    const after = await takeCensus(dst);
    expect(differences(before, after)).toEqual([]);
    expect(after.own.image).toHaveLength(2);
    expect((await takeCensus(src)).own.image).toHaveLength(2);
  });

  test('has moved guests that go on exactly where they stopped', async () => {
    const after = await takeCensus(dst);
    for (const [index, name] of names.entries()) {
      const guest = guests[index];
      expect(guest && (await notTheSame(guest, addressOf(after, name)))).toEqual([]);
    }
  });
});

describe('a rollback', () => {
  test('leaves the destination exactly as it was, and nothing of ours at the source', async () => {
    await daemons.sender.ask(['rollback', campaign, '--yes']);
    await untilState(daemons, campaign, 'rolled back');
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
    const after = await takeCensus(src);
    expect(idsOf(after)).toEqual(idsOf(before));
    expect(differences(before, after)).toEqual([]);
    expect(after.own.server.map((server) => server['status'])).toEqual(['ACTIVE', 'ACTIVE']);
  });

  test('gives the source its guests back, which never knew of the others', async () => {
    for (const [index, name] of names.entries()) {
      const guest = guests[index];
      expect(guest && (await notTheSame(guest, addressOf(before, name)))).toEqual([]);
    }
  });
});
