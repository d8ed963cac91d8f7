import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Endings } from '../support/endings.ts';
import { type Census, takeCensus } from './census.ts';
import { differences } from './compare.ts';
import { addressOf, type Guest, leaveTraces, notTheSame, readTraces } from './guests.ts';
import { nodeAddress, openstackBatch, shape, up } from './lab.ts';
import { type Daemons, migrate, plan, report, startPaired, tell, untilState, wireBytes } from './migration.ts';
import { freshProject } from './tenant.ts';

const project = 'sparse';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;
/** Virtual size of the disk: GODWIT_SPARSE_GIB makes another. */
const sizeGib = Number(process.env['GODWIT_SPARSE_GIB'] ?? 20);
const flavor = `m1.sparse${sizeGib}`;
const gib = 1024 ** 3;

/** Shorter than the test takes, so that tokens end while it runs. Seconds. */
const tokenLifeS = 90;

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let guest: Guest;

beforeAll(async () => {
  await freshProject(project, endings);
  for (const cloud of ['src', 'dst'] as const) {
    const [names] = await openstackBatch(`${cloud}-admin`, [['flavor', 'list', '--all', '-f', 'value', '-c', 'Name']]);
    if (names?.split('\n').includes(flavor)) continue;
    await openstackBatch(`${cloud}-admin`, [
      ['flavor', 'create', '--ram', '128', '--vcpus', '1', '--disk', String(sizeGib), flavor],
    ]);
  }
  await openstackBatch(src, [
    ['network', 'create', 'wide'],
    ['subnet', 'create', '--network', 'wide', '--subnet-range', '192.168.90.0/24', 'wide'],
    ['router', 'create', 'out'],
    ['router', 'set', '--external-gateway', 'ext', 'out'],
    ['router', 'add', 'subnet', 'out', 'wide'],
    ['security', 'group', 'rule', 'create', '--protocol', 'tcp', '--dst-port', '80', 'default'],
    ['port', 'create', '--network', 'wide', 'wide'],
    ['floating', 'ip', 'create', '--port', 'wide', '--description', 'big', 'ext'],
    ['server', 'create', '--flavor', flavor, '--image', 'guest', '--port', 'wide', '--wait', 'big'],
  ]);
  await shape('200mbit');
  endings.add('the shaped link', () => shape('off'));
  before = await takeCensus(src);
  await leaveTraces(addressOf(before, 'big'), 96);
  endings.add('short-lived tokens', () => up());
  await up({ tokenLifeS });
  daemons = await startPaired(project, endings, {
    receiver: { listen: { host: nodeAddress.dst, port: 9444 } },
    address: `${nodeAddress.dst}:9444`,
  });
});

afterAll(() => endings.run());

describe(`a sparse disk of ${sizeGib} GiB, while tokens live for ${tokenLifeS} seconds`, () => {
  test('moves, and only what is not zero crosses the link', async () => {
    guest = await readTraces(addressOf(before, 'big'));
    const { file } = await plan(daemons, project);
    const wireBefore = await wireBytes('src');
    const campaign = await migrate(daemons, file);
    await untilState(daemons, campaign, 'ready');
    const wire = (await wireBytes('src')) - wireBefore;
    const { moves } = await report(daemons, campaign);
    const [disk] = moves[0]?.disks ?? [];
    tell(project, `${Math.round(wire / 1024 ** 2)} MiB crossed the link for ${(disk?.sizeBytes ?? 0) / gib} GiB`);
    expect(disk?.sizeBytes).toBe(sizeGib * gib);
    expect(wire).toBeLessThan((disk?.sentBytes ?? 0) * 1.1 + 128 * 1024 ** 2);
  });

  test('never takes 300 MiB of memory in either daemon', async () => {
    expect(await daemons.sender.peakMiB()).toBeLessThan(300);
    expect(await daemons.receiver.peakMiB()).toBeLessThan(300);
  });

  test('is the same disk at the destination', async () => {
    const after = await takeCensus(dst);
    expect(differences(before, after)).toEqual([]);
    expect(await notTheSame(guest, addressOf(after, 'big'))).toEqual([]);
  });
});
