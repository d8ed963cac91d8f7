import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Peers } from '../../protocol/transport/peers.ts';
import type { Fact } from '../../sender/migration/fact.ts';
import { Outcomes } from '../../sender/spool/outcome.ts';
import { belongingsOf } from '../../shared/journey/belongings.ts';
import { parseConfigurations } from '../../shared/model/configurations.ts';
import { kindOf, type Ref, refOf } from '../../shared/model/resource.ts';
import { knownPeer, spoolFile } from '../golden/golden.ts';
import { untilState, World } from '../support/in-process.ts';

const folder = join(import.meta.dirname, '../golden');
const releases = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));

/** Whether a port or the like was built by us: the cloud has some of its own. */
function isOurs(one: { readonly tags?: readonly string[]; readonly description?: string }): boolean {
  return [one.description ?? '', ...(one.tags ?? [])].some((text) => text.includes('godwit'));
}

describe.each(releases)('what release %s left in the middle of a campaign', (file) => {
  let dir: string;
  let world: World;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'godwit-upgrade-'));
    execFileSync('tar', ['-xzf', join(folder, file), '-C', dir]);
    world = await World.open(dir, join(dir, 'world'));
    world.startReceiver();
  });
  afterEach(async () => {
    await world.close();
    await rm(dir, { recursive: true, force: true });
  });

  const journalOf = async (campaign: string): Promise<string> =>
    readFile(join(world.senderState, 'campaigns', campaign, 'journal.jsonl'), 'utf8');
  const statesAt = async (cloud: World['source']): Promise<string[]> =>
    (await cloud.user.list<{ status: string }>('compute', '/servers/detail', 'servers')).map(({ status }) => status);

  test('is continued to its end: nothing is moved twice, and both sides agree', { timeout: 120_000 }, async () => {
    const [campaign = ''] = readdirSync(join(world.senderState, 'campaigns'));
    const before = await journalOf(campaign);
    const sender = await world.startSender();
    await untilState(sender, 'ready');
    const { disks } = await sender.daemon.verify({ campaign });
    const after = await journalOf(campaign);
    expect(disks.map(({ agrees }) => agrees)).toEqual([true, true]);
    expect(after.startsWith(before)).toBe(true);
    const [moved] = /"server":"[^"]+","phase":"mark"/.exec(before) ?? [];
    expect(moved).toBeDefined();
    expect(after.slice(before.length)).not.toContain(moved?.replace('mark', 'copy'));
    expect(await statesAt(world.source)).toEqual(['SHUTOFF', 'SHUTOFF']);
    expect(await statesAt(world.destination)).toEqual(['ACTIVE', 'ACTIVE']);
    await sender.stop();
  });

  test('is taken back: the source runs, and nothing is left at the destination', { timeout: 120_000 }, async () => {
    const sender = await world.startSender();
    const [campaign] = (await sender.daemon.status()).campaigns;
    await sender.daemon.rollback({ campaign: campaign?.id ?? '' });
    await untilState(sender, 'rolled back');
    expect(await statesAt(world.source)).toEqual(['ACTIVE', 'ACTIVE']);
    expect(await statesAt(world.destination)).toEqual([]);
    expect(await world.destination.user.list('network', '/routers', 'routers')).toEqual([]);
    await sender.stop();
  });

  /** The undos of the older itinerary, in their order, and what each had removed of a server. */
  const undos = [
    ['connect.undo', ['floating_ip']],
    ['create.undo', ['server']],
    ['plug.undo', ['port']],
    ['stop.undo', []],
  ] as const;

  test.each([0, 1, 2, 3, 4])(
    'is taken back where the older release was cut in its undo, %i of 4 phases undone',
    { timeout: 120_000 },
    async (count) => {
      const [campaign = ''] = readdirSync(join(world.senderState, 'campaigns'));
      const journal = await journalOf(campaign);
      const [, server = ''] = /"server":"([^"]+)","phase":"mark"/.exec(journal) ?? [];
      const own = await belongingsAt(campaign, server);
      const receiver = await world.openCampaign(campaign);
      for (const [, kinds] of undos.slice(0, count))
        for (const ref of own.filter((one) => kinds.some((kind) => kindOf(one) === kind))) await receiver.remove(ref);
      if (count === undos.length) {
        await world.source.user.send('POST', 'compute', `/servers/${server}/action`, { 'os-start': null });
        await expect.poll(() => statesAt(world.source)).toContain('ACTIVE');
      }
      await cutIn(campaign, journal, [
        { fact: 'asked', wish: 'rollback' },
        { fact: 'begun', server: null, phase: 'roll back' },
        { fact: 'turned back', server },
        ...undos.slice(0, count).map(([phase]) => ({ fact: 'undone' as const, server, phase })),
      ]);
      const sender = await world.startSender();
      await untilState(sender, 'rolled back');
      await expect.poll(() => statesAt(world.source)).toEqual(['ACTIVE', 'ACTIVE']);
      expect(await statesAt(world.destination)).toEqual([]);
      for (const kind of ['routers', 'ports', 'floatingips'])
        expect((await world.destination.user.list<object>('network', `/${kind}`, kind)).filter(isOurs)).toEqual([]);
      await sender.stop();
    },
  );

  test('is continued where the older release was cut while it took a server back', { timeout: 120_000 }, async () => {
    const [campaign = ''] = readdirSync(join(world.senderState, 'campaigns'));
    const journal = await journalOf(campaign);
    const copying = [...journal.matchAll(/"begun","server":"([^"]+)","phase":"copy"/g)].at(-1)?.[1] ?? '';
    await cutIn(campaign, journal, [
      { fact: 'problem', server: copying, phase: 'copy', problem: { code: 'E_DISK_FULL', says: 'Full.', hint: 'Free some.' } },
      { fact: 'turned back', server: copying },
    ]);
    const sender = await world.startSender();
    await untilState(sender, 'ready');
    expect(await statesAt(world.source)).toEqual(['SHUTOFF', 'SHUTOFF']);
    expect(await statesAt(world.destination)).toEqual(['ACTIVE', 'ACTIVE']);
    await sender.stop();
  });

  /** What the receiver has built for one server: its ports, floating IPs and itself. */
  async function belongingsAt(campaign: string, server: string): Promise<Ref[]> {
    const text = await readFile(join(world.senderState, 'campaigns', campaign, 'configurations.json'), 'utf8');
    const document = parseConfigurations(JSON.parse(text), 'configurations.json');
    const found = document.servers.find(({ id }) => id === server);
    if (found === undefined) throw new Error('The document lacks the server.');
    const { ports, floatingIps } = belongingsOf(found, document, document.mappings);
    return [...ports, ...floatingIps, refOf('server', server)];
  }

  /** Adds what the older release had noted before it was cut. */
  async function cutIn(campaign: string, journal: string, facts: readonly Fact[]): Promise<void> {
    const lines = facts.map((fact) => `${JSON.stringify({ at: new Date().toISOString(), ...fact })}\n`);
    await writeFile(join(world.senderState, 'campaigns', campaign, 'journal.jsonl'), `${journal}${lines.join('')}`);
  }

  test('still has its peers and remembers what the spool accepted', async () => {
    expect(await new Peers(join(world.senderState, 'peers.json')).list()).toMatchObject([knownPeer]);
    const [campaign] = readdirSync(join(world.senderState, 'campaigns'));
    const outcomes = new Outcomes(join(world.senderState, 'spool'), world.senderState);
    expect(await outcomes.accepted(spoolFile.digest)).toMatchObject({ file: spoolFile.file, campaign });
  });
});
