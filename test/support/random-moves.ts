import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenStackDestination } from '../../shared/cloud/openstack/destination.ts';
import { OpenStackSource } from '../../shared/cloud/openstack/source.ts';
import { accessTo, furnish, Hand } from '../conformance/furnish.ts';
import { startTwin, type Twin } from '../twin/twin.ts';
import { lostIn } from './nothing-lost.ts';
import { makeRandomTenant } from './random-tenant.ts';

/** Tenants that share a project: the twin's quotas hold them. */
const together = 6;

/**
 * Makes tenants of consecutive seeds, a few in a project, and moves each project between two
 * embedded clouds. Returns what was lost, by the first seed of its project.
 */
export async function moveRandomTenants(firstSeed: number, count: number): Promise<string[]> {
  const lost: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed += together) {
    const size = Math.min(together, firstSeed + count - seed);
    lost.push(...(await moveProject(seed, size)).map((says) => `seed ${seed}: ${says}`));
  }
  return lost;
}

async function moveProject(seed: number, size: number): Promise<string[]> {
  const ends: (() => Promise<void>)[] = [];
  try {
    const from = await aCloud(ends);
    const to = await aCloud(ends);
    const there = new Hand(await accessTo(from.authUrl, 'demo'));
    const here = new Hand(await accessTo(to.authUrl, 'demo'));
    const source = new OpenStackSource(await accessTo(from.authUrl, 'demo'));
    const destination = new OpenStackDestination(await accessTo(to.authUrl, 'demo'));
    for (const one of [there.session, here.session, source, destination]) ends.push(() => one.close());
    const bytes = Buffer.alloc(70_000, 'disk');
    const image = await there.store({ name: 'guest', hw_disk_bus: 'virtio' }, bytes);
    for (let one = seed; one < seed + size; one += 1) await makeRandomTenant(there, one, image);
    return await lostIn({ source, destination, there, here, bytes });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function aCloud(ends: (() => Promise<void>)[]): Promise<Twin> {
  const stateDir = await mkdtemp(join(tmpdir(), 'random-'));
  const quotas = { network: { security_group: 100, security_group_rule: 1000, router: 100 } };
  const twin = await startTwin({ stateDir, pace: 0, quotas });
  ends.push(async () => {
    await twin.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  await furnish(twin.authUrl);
  return twin;
}
