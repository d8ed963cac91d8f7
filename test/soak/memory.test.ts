import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../support/daemons.ts';
import { peakOf } from '../support/measured.ts';
import type { OpenStackUser } from '../support/openstack-user.ts';
import { campaignOf, openSite, operatorOf, ownerOf, planWhole, type Site } from '../support/site.ts';

const MiB = 1024 * 1024;
/** Size of the disk in MiB; `GODWIT_SOAK_MIB` makes a shorter run of the same. */
const sizeMiB = Number(process.env['GODWIT_SOAK_MIB'] ?? 20 * 1024);

let site: Site;

beforeAll(async () => {
  site = await openSite({ diskOf: (name) => Buffer.from(name.repeat(1000)) });
});
afterAll(async () => {
  await site?.endings.run();
});

/** A server whose disk is large, with one MiB of bytes in every 64. */
async function makeLargeServer(user: OpenStackUser): Promise<void> {
  const file = join(site.dir, 'large.raw');
  const disk = await open(file, 'w');
  for (let at = 0; at < sizeMiB; at += 64) await disk.write(Buffer.alloc(MiB, `block ${at} `), 0, MiB, at * MiB);
  await disk.truncate(sizeMiB * MiB);
  await disk.close();
  const body = { name: 'large', disk_format: 'raw', container_format: 'bare', visibility: 'public' };
  const operator = await operatorOf(site.source);
  const { id } = await operator.send<{ id: string }>('POST', 'image', '/images', body);
  await operator.upload(id, file);
  const flavors = await user.list<{ id: string; name: string }>('compute', '/flavors', 'flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.tiny')?.id;
  const server = { name: 'large', imageRef: id, flavorRef, networks: 'none' };
  await user.send('POST', 'compute', '/servers', { server });
  for (let looks = 0; looks < 3600; looks += 1) {
    const servers = await user.list<{ name: string; status: string }>('compute', '/servers/detail', 'servers');
    if (servers.find(({ name }) => name === 'large')?.status === 'ACTIVE') return;
    await sleep(1000);
  }
  throw new Error('The large server took more than an hour.');
}

test('a sparse disk of 20 GiB moves, and neither daemon is ever resident in 300 MiB', async () => {
  await makeLargeServer(await ownerOf(site.source));
  const plan = await planWhole(site);
  const began = Date.now();
  const { campaign } = await ask<{ campaign: string }>(site.sender.config, ['migrate', plan]);
  let state = 'moving';
  while (state === 'moving' || state === 'preparing') {
    await sleep(2000);
    const now = await campaignOf(site, campaign);
    state = now?.state ?? state;
    if (state === 'failed') throw new Error(JSON.stringify(now?.problem));
  }
  const sender = await peakOf(site.sender);
  const receiver = await peakOf(site.receiver);
  const seconds = Math.round((Date.now() - began) / 1000);
  console.info(`${sizeMiB} MiB in ${seconds} s; peak resident: sender ${sender / MiB} MiB, receiver ${receiver / MiB} MiB`);
  expect(state).toBe('ready');
  expect(sender).toBeLessThan(300 * MiB);
  expect(receiver).toBeLessThan(300 * MiB);
}, 3_600_000);
