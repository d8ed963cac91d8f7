import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Peers } from '../../protocol/transport/peers.ts';
import { Outcomes } from '../../sender/spool/outcome.ts';
import { knownPeer, spoolFile } from '../golden/golden.ts';
import { untilState, World } from '../support/in-process.ts';

const folder = join(import.meta.dirname, '../golden');
const releases = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));

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
    const disks = await sender.daemon.verify({ campaign });
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

  test('still has its peers and remembers what the spool accepted', async () => {
    expect(await new Peers(join(world.senderState, 'peers.json')).list()).toMatchObject([knownPeer]);
    const [campaign] = readdirSync(join(world.senderState, 'campaigns'));
    const outcomes = new Outcomes(join(world.senderState, 'spool'), world.senderState);
    expect(await outcomes.accepted(spoolFile.digest)).toMatchObject({ file: spoolFile.file, campaign });
  });
});
