import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compare } from '../demo/compare.ts';
import { promote } from '../playground/offers.ts';
import { beginMigration, untilState, World } from '../support/in-process.ts';
import { OpenStackUser } from '../support/openstack-user.ts';
import { aDisk, censusOf, makeShop, sha256 } from '../support/shop.ts';

test('a tenant that was moved is moved back the same way, and is what it was', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'back-'));
  await makeShop(dir);
  const there = await World.open(dir, join(dir, 'there'));
  try {
    // As at the destination: only an operator may use flavors without a disk size.
    const { authUrl } = there.source.twin;
    await promote(await OpenStackUser.signIn({ authUrl, user: 'admin', password: 'twin', project: 'admin' }));
    const before = await censusOf(there.source);
    await move(there, true);
    expect((await censusOf(there.source)).ids['servers']).toEqual([]);
    const back = await there.turnedRound(join(dir, 'back'));
    await move(back, false);
    const after = await censusOf(back.destination);
    const servers = (portrait: typeof before.portrait) => portrait.filter(({ kind }) => kind === 'server');
    expect(compare(servers(before.portrait), servers(after.portrait)).filter(({ differs }) => differs !== null)).toEqual([]);
    expect(after.statuses).toEqual(['ACTIVE', 'ACTIVE']);
    const digests = Object.values(after.images);
    for (const name of ['web 1', '-web/é']) expect(digests).toContain(sha256(aDisk(name)));
    await back.closeDaemons();
  } finally {
    await there.close();
    await rm(dir, { recursive: true, force: true });
  }
}, 120_000);

async function move(world: World, deleteSource: boolean): Promise<void> {
  world.startReceiver();
  const sender = await world.startSender();
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  await sender.daemon.commit({ campaign, deleteSource });
  await untilState(sender, 'committed');
  await sender.stop();
}
