import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { BuildContext, Built, DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { DestinationFacts } from '../../shared/cloud/facts.ts';
import type { BlockSource, Extent } from '../../shared/disk/block-source.ts';
import { inBuildOrder } from '../../shared/model/build-order.ts';
import { type Ref, type Resource, type ResourceOf, refOf, registeredAs, schemas } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { hasQemu } from '../support/qemu.ts';
import { furtherOf, sharing } from './further.ts';
import { anOwnImage, aTenant, type Tenant } from './tenant.ts';

/**
 * A destination to hold against its contract: it has an external network and a flavor with a disk.
 */
export interface DestinationUnderTest {
  readonly cloud: DestinationCloud;
  /**
   * Stores a raw image as a user of the project would; returns its id. Absent: the suite may not
   * leave one there.
   */
  storeImage?(bytes: Buffer): Promise<string>;
  close(): Promise<void>;
}

const timeoutMs = 300_000;

/**
 * A disk of random bytes with a hole in its middle, of an odd size. One that tells its zeros may be
 * stored without them.
 */
function aDisk(tellsZeros = true): BlockSource {
  const first = 1_500_000;
  const hole = 3_000_000;
  const last = 700_001;
  const bytes = Buffer.concat([randomBytes(first), Buffer.alloc(hole), randomBytes(last)]);
  const extents = async function* (): AsyncGenerator<Extent> {
    yield { offset: 0, length: first, zero: false };
    yield { offset: first, length: hole, zero: true };
    yield { offset: first + hole, length: last, zero: false };
  };
  return {
    size: bytes.length,
    async read(offset, length, into = Buffer.allocUnsafe(length)) {
      bytes.copy(into, 0, offset, offset + length);
      return into.subarray(0, length);
    },
    ...(tellsZeros ? { extents } : {}),
    close: async () => undefined,
  };
}

/** An image of the source, as a document has it. */
function anImage(fields: { id: string; [field: string]: unknown }): ResourceOf<'image'> {
  return { kind: 'image', ...schemas.image.parse({ name: fields.id, ...fields }) };
}

/** What Glance would say of some bytes, and what an older one would. */
function digestsOf(bytes: Buffer): Readonly<Record<string, string>>[] {
  const of = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return [{ os_hash_algo: 'sha512', os_hash_value: of('sha512') }, { checksum: of('md5') }];
}

/** A disk's bytes, of a size that fits into memory. */
async function wholeOf(disk: BlockSource): Promise<Buffer> {
  return disk.read(0, disk.size);
}

/**
 * The contract of DestinationCloud as tests, the same for every provider. They build on each other,
 * as a campaign does.
 */
export function itIsADestinationCloud(open: () => Promise<DestinationUnderTest>): void {
  describe('as a destination cloud', { sequential: true }, () => {
    const campaign = crypto.randomUUID();
    const built = new Map<Ref, Built>();
    const disks = new Map<Ref, BlockSource>();
    let subject: DestinationUnderTest;
    let cloud: DestinationCloud;
    let tenant: Tenant;

    const signal = (): AbortSignal => AbortSignal.timeout(timeoutMs);
    const refIn = (resource: Resource): Ref => refOf(resource.kind, resource.id);
    const contextFor = (resource: Resource, more: Partial<BuildContext> = {}): BuildContext => ({
      campaign,
      mappings: tenant.mappings,
      timeoutMs,
      signal: signal(),
      built(ref) {
        const found = built.get(ref);
        if (found === undefined) throw new Problem('E_DANGLING', `${ref} is not built.`);
        return found.id;
      },
      resource: (ref) => tenant.resources.find((one) => refIn(one) === ref) as Resource,
      resources: () => tenant.resources,
      disk: bytesOf(resource),
      ...more,
    });
    /** A disk that holds the bytes of a volume or an image is built as this one. */
    const buildable = (): Resource[] =>
      inBuildOrder(tenant.resources).filter((resource) => resource.kind !== 'disk' || registeredAs(resource) === refIn(resource));
    const bytesOf = (resource: Resource): BlockSource | undefined => {
      if ((resource.kind === 'volume' || resource.kind === 'image') && resource.disk_id !== null)
        return diskOf(refOf('disk', resource.disk_id));
      return resource.kind === 'disk' ? diskOf(refIn(resource)) : undefined;
    };
    const diskOf = (ref: Ref): BlockSource => {
      const disk = disks.get(ref) ?? aDisk(ref === refIn(tenant.get('disk')));
      disks.set(ref, disk);
      return disk;
    };
    const removeAll = async (): Promise<void> => {
      for (const resource of buildable().reverse()) {
        const thing = built.get(refIn(resource));
        if (thing !== undefined && thing.how !== 'adopted')
          await cloud.remove(refIn(resource), thing.id, campaign, { timeoutMs, signal: signal() });
      }
    };

    beforeAll(async () => {
      subject = await open();
      cloud = subject.cloud;
      const own = aTenant(await cloud.facts(signal()));
      const images = cloud.kinds.has('image') ? anOwnImage() : [];
      tenant = { ...own, resources: [...own.resources, ...images] };
    });
    afterAll(async () => {
      try {
        await removeAll();
      } finally {
        await subject.close();
      }
    });

    test('builds every kind that a server cannot be without', () => {
      expect([...cloud.kinds]).toEqual(expect.arrayContaining(['network', 'subnet', 'port', 'disk', 'server']));
    });

    test('tells its facts: at least one flavor and an external network', async () => {
      const facts = DestinationFacts.parse({ ...(await cloud.facts(signal())), kinds: [...cloud.kinds], staging_free_bytes: 0 });
      expect(facts.flavors.length).toBeGreaterThan(0);
      expect(facts.networks.some((network) => network.external)).toBe(true);
    });

    test('finds nothing in the way of a tenant that is mapped, and says what becomes of each resource', async () => {
      const { concerns, decisions } = await cloud.preflight(tenant.resources, tenant.mappings, signal());
      expect(concerns.filter((concern) => concern.severity === 'blocking')).toEqual([]);
      expect(decisions.map((decision) => decision.ref).sort()).toEqual(tenant.resources.map(refIn).sort());
      const actionOf = (resource: Resource) => decisions.find((decision) => decision.ref === refIn(resource))?.action;
      expect(actionOf(tenant.get('network', 0)), 'the mapped network').toBe('adopt');
      expect(actionOf(tenant.get('network', 1)), 'the new network').toBe('create');
    });

    test('says beforehand, and when it comes to it, that an external network is not mapped', async () => {
      const unmapped = { ...tenant.mappings, networks: {} };
      const { concerns } = await cloud.preflight(tenant.resources, unmapped, signal());
      expect(concerns.some((concern) => concern.severity === 'blocking' && concern.about === refIn(tenant.get('network')))).toBe(
        true,
      );
      const external = tenant.get('network');
      const ensured = cloud.ensure(external, contextFor(external, { mappings: unmapped }));
      await expect(ensured).rejects.toMatchObject({ code: 'E_UNMAPPED' });
    });

    test('says beforehand that a flavor does not exist', async () => {
      const flavor = tenant.get('flavor');
      const { concerns } = await cloud.preflight(
        tenant.resources,
        { ...tenant.mappings, flavors: { [flavor.id]: { to: 'none' } } },
        signal(),
      );
      expect(concerns).toContainEqual(expect.objectContaining({ severity: 'blocking', about: refIn(flavor) }));
    });

    test('builds everything in order, equal to what was wanted, and finds it by its stamp', async () => {
      for (const resource of buildable()) {
        const ref = refIn(resource);
        const context = contextFor(resource);
        const thing = await cloud.ensure(resource, context);
        built.set(ref, thing);
        if (thing.how === 'adopted') continue;
        expect(thing.differences, ref).toEqual({ fatal: [], told: [] });
        expect(await cloud.differences(resource, thing.id, context), ref).toEqual({ fatal: [], told: [] });
        const hasStamp = resource.kind !== 'keypair' && resource.kind !== 'server_group';
        if (hasStamp) expect(await cloud.find(resource, context), ref).toBe(thing.id);
      }
      expect(built.get(refIn(tenant.get('network')))?.how).toBe('adopted');
      expect(built.get(refIn(tenant.get('network', 1)))?.how).toBe('created');
    });

    test('builds nothing twice when it is asked for the same resources again', async () => {
      for (const resource of buildable()) {
        const again = await cloud.ensure(resource, contextFor(resource));
        expect(again.id, refIn(resource)).toBe(built.get(refIn(resource))?.id);
        expect(again.how, refIn(resource)).not.toBe('created');
      }
    });

    test('leaves a server stopped that was stopped, and says whether one is well', async () => {
      const runs = { id: built.get(refIn(tenant.get('server', 0)))?.id ?? '', volumes: [] };
      const stopped = { id: built.get(refIn(tenant.get('server', 1)))?.id ?? '', volumes: [] };
      expect(await cloud.healthy(runs, undefined, signal())).toMatchObject({ healthy: true });
      expect(await cloud.healthy(stopped, undefined, signal())).toMatchObject({ healthy: false });
      expect(await cloud.healthy(runs, 'console:what no guest ever says', signal())).toMatchObject({ healthy: false });
    });

    test('has in its images the very disks that it was given', async ({ skip }) => {
      if (cloud.openImage === undefined) return skip('this cloud does not open images');
      for (const index of [0, 1]) {
        const disk = tenant.get('disk', index);
        const tellsZeros = diskOf(refIn(disk)).extents !== undefined;
        if (tellsZeros && !hasQemu()) continue;
        const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
        onTestFinished(() => rm(folder, { recursive: true, force: true }));
        const opened = await cloud.openImage(built.get(refIn(disk))?.id ?? '', folder, signal());
        expect((await wholeOf(opened)).subarray(0, diskOf(refIn(disk)).size).equals(await wholeOf(diskOf(refIn(disk))))).toBe(
          true,
        );
        await opened.close();
      }
    });

    test('names the images that hold the bytes of a source image, and no other, and opens them', async ({ skip }) => {
      if (cloud.donors === undefined || subject.storeImage === undefined) return skip('this cloud has no donors here');
      const bytes = await wholeOf(aDisk());
      const at = await subject.storeImage(bytes);
      for (const digest of digestsOf(bytes)) {
        const same = anImage({ id: 'base', size: bytes.length, ...digest });
        expect(await cloud.donors([same], signal())).toEqual([{ id: at, image: 'base', size: bytes.length }]);
        const longer = { ...same, size: bytes.length + 1 };
        expect(await cloud.donors([longer], signal())).toEqual([]);
      }
      const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const opened = await cloud.openImage?.(at, folder, signal());
      expect(opened === undefined ? null : (await wholeOf(opened)).equals(bytes)).toBe(true);
      await opened?.close();
      const others = [
        anImage({ id: 'other', os_hash_algo: 'sha512', os_hash_value: 'f'.repeat(128) }),
        anImage({ id: 'silent' }),
      ];
      expect(await cloud.donors(others, signal())).toEqual([]);
    });

    test('names no image that a campaign made, whoever knows its digest: that is a disk, and maybe another tenant’s', async ({
      skip,
    }) => {
      if (cloud.donors === undefined) return skip('this cloud has no donors');
      const bytes = await wholeOf(diskOf(refIn(tenant.get('disk', 1))));
      for (const digest of digestsOf(bytes))
        expect(await cloud.donors([anImage({ id: 'spy', size: bytes.length, ...digest })], signal())).toEqual([]);
    });

    test('tells the difference of a resource that is not as it was wanted', async () => {
      const network = { ...tenant.get('network', 1), name: 'another name' };
      const says = await cloud.differences(network, built.get(refIn(network))?.id ?? '', contextFor(network));
      expect(says.told.join()).toContain('another name');
    });

    test('makes a disk again whose bytes are not those it was given', async () => {
      const disk = tenant.get('disk', 1);
      const server = built.get(refIn(tenant.get('server', 1)));
      await cloud.remove(refIn(tenant.get('server', 1)), server?.id ?? '', campaign, { timeoutMs, signal: signal() });
      built.delete(refIn(tenant.get('server', 1)));
      const before = built.get(refIn(disk))?.id;
      disks.set(refIn(disk), aDisk());
      const again = await cloud.ensure(disk, contextFor(disk));
      built.set(refIn(disk), again);
      expect(again).toMatchObject({ how: 'created' });
      expect(again.id).not.toBe(before);
    });

    test('refuses to remove what carries another stamp', async () => {
      const other = crypto.randomUUID();
      for (const resource of [
        tenant.get('network', 1),
        tenant.get('router'),
        tenant.get('address_scope'),
        tenant.get('subnet_pool'),
        tenant.get('address_group'),
        tenant.get('server'),
        tenant.get('disk'),
        tenant.get('port'),
        ...tenant.resources.filter(({ kind }) => kind === 'volume' || kind === 'image'),
      ]) {
        const removed = cloud.remove(refIn(resource), built.get(refIn(resource))?.id ?? '', other, {
          timeoutMs,
          signal: signal(),
        });
        await expect(removed, resource.kind).rejects.toMatchObject({
          code: 'E_FORBIDDEN',
          hint: expect.stringContaining('only what it created'),
        });
      }
    });

    test('builds a trunk, a port forwarding and an RBAC policy, each once, and removes them', async ({ skip }) => {
      const further = furtherOf(tenant);
      const mappings = { ...tenant.mappings, projects: sharing };
      const { concerns } = await cloud.preflight([...tenant.resources, ...further], mappings, signal());
      if (concerns.some(({ code }) => code === 'extension.absent')) return skip('this cloud lacks one of them');
      for (const resource of further) {
        const context = contextFor(resource, { mappings, claimed: true });
        expect(await cloud.occupied(resource, context), resource.kind).toBe(false);
        const { differences, ...thing } = await cloud.ensure(resource, context);
        built.set(refIn(resource), thing);
        expect([resource.kind, thing.how, differences.fatal]).toEqual([resource.kind, 'created', []]);
        expect(await cloud.ensure(resource, context)).toMatchObject({ id: thing.id, how: 'found' });
        expect(await cloud.find(resource, context)).toBe(thing.id);
      }
      for (const resource of further.toReversed()) {
        const ref = refIn(resource);
        const remove = () => cloud.remove(ref, built.get(ref)?.id ?? '', campaign, { timeoutMs, signal: signal() });
        expect(await remove(), ref).toBe(true);
        expect(await remove(), ref).toBe(false);
        built.delete(ref);
      }
    });

    test('ends a wait when it is told to', async () => {
      const server = tenant.get('server', 1);
      const ensured = cloud.ensure(server, contextFor(server, { signal: AbortSignal.abort() }));
      await expect(ensured).rejects.toMatchObject({ code: 'E_CANCELLED' });
    });

    test('removes everything it built, once, in the reverse order', async () => {
      for (const resource of buildable().reverse()) {
        const ref = refIn(resource);
        const thing = built.get(ref);
        if (thing === undefined || thing.how === 'adopted') continue;
        const remove = () => cloud.remove(ref, thing.id, campaign, { timeoutMs, signal: signal() });
        expect(await remove(), ref).toBe(true);
        expect(await remove(), ref).toBe(false);
      }
      built.clear();
      for (const kind of [
        'network',
        'router',
        'address_scope',
        'subnet_pool',
        'address_group',
        'security_group',
        'port',
        'disk',
        'server',
        'floating_ip',
      ] as const) {
        const resource = tenant.get(kind, kind === 'network' ? 1 : 0);
        expect(await cloud.find(resource, contextFor(resource)), kind).toBeNull();
      }
    });
  });
}
