import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Endings } from '../support/endings.ts';
import { type Census, idsOf, type Thing, takeCensus } from './census.ts';
import { differences } from './compare.ts';
import { askThroughRouter } from './guests.ts';
import { type Account, type CloudName, type GuestInfo, populateOddly, shape } from './lab.ts';
import { type Daemons, migrate, plan, report, startPaired, until, untilState } from './migration.ts';
import { openSshDoor } from './ssh.ts';
import { freshProject } from './tenant.ts';

const project = 'odd';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;

/** The servers that run, by the addresses at which the router `out` reaches them. */
const running = { multi: ['192.168.70.66', '192.168.70.7', '192.168.70.20'], long: ['192.168.70.28'] } as const;

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let campaign: string;

beforeAll(async () => {
  await freshProject(project, endings);
  await populateOddly(src);
  await shape('200mbit');
  endings.add('the shaped link', () => shape('off'));
  before = await takeCensus(src);
  const door = await openSshDoor(endings);
  daemons = await startPaired(project, endings, {
    address: door.address,
    sender: { ssh: door.settings },
    // nothing but SSH reaches it
    receiver: { listen: { host: '127.0.0.1', port: 9443 } },
  });
});

afterAll(() => endings.run());

describe('a tenant that no sample thought of, through SSH alone', () => {
  test('is planned without anything in its way', async () => {
    const { concerns } = await plan(daemons, project);
    expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  });

  test('moves, two servers at a time', async () => {
    const guests = await Promise.all(Object.values(running).map((ips) => askAny(src, before, ips, '/cgi-bin/run', wiring)));
    campaign = await migrate(daemons, `/var/lib/godwit/${project}/plan.yaml`, ['--parallel', '2']);
    const { moves } = await untilState(daemons, campaign, 'ready');
    expect(moves.map(({ state }) => state)).toEqual(['moved', 'moved', 'moved', 'moved']);
    await report(daemons, campaign);
    const after = await takeCensus(dst);
    const moved = await Promise.all(Object.values(running).map((ips) => askAny(dst, after, ips, '/cgi-bin/run', wiring)));
    expect(moved).toEqual(guests);
  });

  test('is at the destination as it was, attribute by attribute, and nothing else is', async () => {
    const after = await takeCensus(dst);
    expect(differences(before, after)).toEqual([]);
    expect(statesOf(after)).toEqual(statesOf(before));
  });

  test('keeps its dual-stack guest reachable at the same address', async () => {
    const after = await takeCensus(dst);
    const port = after.own.port.find(({ name }) => name === 'both');
    const [v4] = ((port?.['fixed_ips'] ?? []) as { ip_address: string }[])
      .map((ip) => ip.ip_address)
      .filter((ip) => ip.includes('.'));
    const info = JSON.parse(await askAny(dst, after, [String(v4)], '/cgi-bin/info')) as GuestInfo;
    expect(info.mac).toBe(port?.['mac_address']);
    expect(info.boots).toBe(2);
  });

  test('an odd tenant can be taken back whole', async () => {
    await daemons.sender.ask(['rollback', campaign, '--yes']);
    await untilState(daemons, campaign, 'rolled back');
    const after = await takeCensus(src);
    expect(idsOf(after)).toEqual(idsOf(before));
    expect(statesOf(after)).toEqual(statesOf(before));
    expect(differences(before, after)).toEqual([]);
    const { own } = await takeCensus(dst);
    expect(own.server.concat(own.network, own.router, own.image, own.keypair)).toEqual([]);
  });
});

/** Prints the MACs of a guest's interfaces in the order in which it finds them. */
const wiring = `for i in /sys/class/net/eth*; do cat $i/address; done`;

/**
 * Asks a guest at the address that answers: DHCP gives an interface only one of its two addresses.
 */
function askAny({ cloud }: Account, census: Census, ips: readonly string[], path: string, body?: string): Promise<string> {
  const out = census.own.router.find(({ name }) => name === 'out')?.id ?? '';
  return until(`A guest of ${cloud} at ${ips.join(' or ')}`, 5 * 60_000, () =>
    Promise.any(ips.map((ip) => ask(cloud, out, ip, path, body))),
  );
}

const ask = (cloud: CloudName, router: string, ip: string, path: string, body?: string): Promise<string> =>
  askThroughRouter(cloud, router, ip, path, body);

/** Each server's name and state. */
function statesOf({ own }: Census): string[] {
  return own.server.map((server: Thing) => `${String(server['name'])} ${String(server['status'])}`).sort();
}
