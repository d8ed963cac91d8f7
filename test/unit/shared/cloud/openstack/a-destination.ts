import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BuildContext, Built, Compared } from '../../../../../shared/cloud/destination-cloud.ts';
import { OpenStackDestination } from '../../../../../shared/cloud/openstack/destination.ts';
import type { BlockSource } from '../../../../../shared/disk/block-source.ts';
import { inBuildOrder } from '../../../../../shared/model/build-order.ts';
import { type Ref, type Resource, refOf } from '../../../../../shared/model/resource.ts';
import { accessTo, furnish, Hand } from '../../../../conformance/furnish.ts';
import { aTenant, type Tenant } from '../../../../conformance/tenant.ts';
import { startTwin, type Twin, type TwinOptions } from '../../../../twin/twin.ts';

/** A furnished twin that ends with the test. */
export async function aFurnishedTwin(options: Partial<TwinOptions> = {}): Promise<Twin> {
  const stateDir = await mkdtemp(join(tmpdir(), 'twin-'));
  const twin = await startTwin({ stateDir, pace: 0, gibibyte: 4 * 1024 * 1024, zeroDiskForMembers: true, ...options });
  onTestFinished(async () => {
    await twin.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  await furnish(twin.authUrl);
  return twin;
}

/** A user's hand on a twin, for what Godwit does not do. */
export async function aHand(twin: Twin, user: 'demo' | 'admin' = 'demo', project?: string): Promise<Hand> {
  const hand = new Hand(await accessTo(twin.authUrl, user, project));
  onTestFinished(() => hand.session.close());
  return hand;
}

/** One campaign against one twin. */
export interface Campaign {
  readonly id: string;
  readonly cloud: OpenStackDestination;
  readonly tenant: Tenant;
  readonly built: Map<Ref, Built>;
  ensure(resource: Resource): Promise<Compared>;
  ensureAll(until?: Resource): Promise<void>;
  removeAll(): Promise<void>;
  context(resource: Resource): BuildContext;
}

/** Bytes of a disk, in memory. */
function aDisk(bytes: Buffer): BlockSource {
  return {
    size: bytes.length,
    read: async (offset, length) => Buffer.from(bytes.subarray(offset, offset + length)),
    close: async () => undefined,
  };
}

const bytes = Buffer.concat([Buffer.alloc(400_000, 'first'), Buffer.alloc(900_000), Buffer.alloc(300_001, 'last')]);

/** Begins a campaign that moves the sample tenant to a twin. */
export async function aCampaign(twin: Twin, user: 'demo' | 'admin' = 'demo', project = 'demo'): Promise<Campaign> {
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, user, project));
  onTestFinished(() => cloud.close());
  // A volume has tests of its own, with its bytes.
  const tenant = aTenant({ ...(await cloud.facts(AbortSignal.timeout(10_000))), volume_types: [] });
  const id = crypto.randomUUID();
  const built = new Map<Ref, Built>();
  const refIn = (resource: Resource): Ref => refOf(resource.kind, resource.id);
  const context = (resource: Resource): BuildContext => ({
    campaign: id,
    mappings: tenant.mappings,
    timeoutMs: 20_000,
    signal: AbortSignal.timeout(25_000),
    built(ref) {
      const found = built.get(ref);
      if (found === undefined) throw new Error(`${ref} is not built`);
      return found.id;
    },
    resource: (ref) => tenant.resources.find((one) => refIn(one) === ref) as Resource,
    resources: () => tenant.resources,
    disk: resource.kind === 'disk' ? aDisk(bytes) : undefined,
  });
  const ensure = async (resource: Resource): Promise<Compared> => {
    const thing = await cloud.ensure(resource, context(resource));
    built.set(refIn(resource), thing);
    return thing;
  };
  return {
    id,
    cloud,
    tenant,
    built,
    context,
    ensure,
    async ensureAll(until) {
      for (const resource of inBuildOrder(tenant.resources)) {
        if (resource === until) return;
        await ensure(resource);
      }
    },
    async removeAll() {
      for (const resource of inBuildOrder(tenant.resources).reverse()) {
        const thing = built.get(refIn(resource));
        if (thing === undefined || thing.how === 'adopted') continue;
        await cloud.remove(refIn(resource), thing.id, id, { timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });
      }
    },
  };
}
