import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../sender/report/model.ts';
import { Endings } from '../support/endings.ts';
import { type Census, idsOf, takeCensus } from './census.ts';
import { differences } from './compare.ts';
import { addressOf, type Guest, leaveTraces, notTheSame, readTraces } from './guests.ts';
import { populate, shape } from './lab.ts';
import { type Daemons, migrate, plan, report, startPaired, untilState, writePlan } from './migration.ts';
import { freshProject } from './tenant.ts';

const project = 'whole';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;
const names = ['web 世 1', 'app.v2'];

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let empty: Census;
let guests: readonly Guest[];
let campaign: string;
let told: Report;

beforeAll(async () => {
  await freshProject(project, endings);
  await populate(src);
  await shape('200mbit');
  endings.add('the shaped link', () => shape('off'));
  before = await takeCensus(src);
  empty = await takeCensus(dst);
  for (const name of names) await leaveTraces(addressOf(before, name));
  daemons = await startPaired(project, endings);
});

afterAll(() => endings.run());

describe('a tenant moves between two real clouds', () => {
  test('a plan finds nothing in the way, and writes nothing', async () => {
    const { concerns, decisions, plan: text } = await plan(daemons, project);
    expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
    expect(decisions.length).toBeGreaterThan(0);
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
    // as an operator would: the web server comes first, and has to prove that it serves
    await writePlan(project, text.replace(/( +)name: web 世 1\n/, '$&$1probe: http:80/cgi-bin/info\n'));
  });

  test('every server arrives and both daemons agree on the totals', async () => {
    guests = await Promise.all(names.map((name) => readTraces(addressOf(before, name))));
    campaign = await migrate(daemons, `/var/lib/godwit/${project}/plan.yaml`);
    const status = await untilState(daemons, campaign, 'ready');
    expect(status.moves.map(({ state }) => state)).toEqual(['moved', 'moved']);
    told = await report(daemons, campaign);
    expect(told.totals.servers).toBe(2);
  });

  test('the openstack client finds every resource at the destination as it was, and nothing else', async () => {
    const after = await takeCensus(dst);
    expect(differences(before, after)).toEqual([]);
    expect(after.own.server.map((server) => server['status'])).toEqual(['ACTIVE', 'ACTIVE']);
    expect(after.own.image).toHaveLength(2);
  });

  test('each guest answers with its address and MAC, and its counters go on from where they were', async () => {
    const after = await takeCensus(dst);
    for (const [index, name] of names.entries()) {
      const guest = guests[index];
      expect(guest && (await notTheSame(guest, addressOf(after, name)))).toEqual([]);
    }
  });

  test('the source keeps everything, its servers stopped', async () => {
    const after = await takeCensus(src);
    expect(differences(before, after)).toEqual([]);
    expect(after.own.server.map((server) => server['status'])).toEqual(['SHUTOFF', 'SHUTOFF']);
    expect(idsOf({ ...after, own: { ...after.own, image: [] } })).toEqual(idsOf(before));
  });

  test('commit locks and tags the source servers and takes our snapshots away', async () => {
    await daemons.sender.ask(['commit', campaign, '--yes']);
    await untilState(daemons, campaign, 'committed');
    const after = await takeCensus(src);
    expect(idsOf(after)).toEqual(idsOf(before));
    for (const server of after.own.server) {
      expect(server['status']).toBe('SHUTOFF');
      expect(server['locked']).toBe(true);
      expect(server['tags']).toContain('godwit-moved');
    }
  });

  test('both daemons stayed small in memory during the whole migration', async () => {
    expect(await daemons.sender.peakMiB()).toBeLessThan(300);
    expect(await daemons.receiver.peakMiB()).toBeLessThan(300);
  });
});
