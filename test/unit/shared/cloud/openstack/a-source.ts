import { onTestFinished } from 'vitest';
import { OpenStackSource } from '../../../../../shared/cloud/openstack/source.ts';
import type { Patience } from '../../../../../shared/cloud/patience.ts';
import { accessTo, type Hand, populate } from '../../../../conformance/furnish.ts';
import type { Twin, TwinOptions } from '../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from './a-destination.ts';

/** A twin with servers, as a source that a member reads, and the first of its servers. */
export interface SourceWithServers {
  readonly twin: Twin;
  readonly hand: Hand;
  readonly cloud: OpenStackSource;
  readonly serverId: string;
}

/** A signal that ends what hangs. */
export function signal(): AbortSignal {
  return AbortSignal.timeout(15_000);
}

/** Enough patience for what a twin does. */
export function patience(): Patience {
  return { timeoutMs: 10_000, signal: signal() };
}

/** A source with servers that ends with the test. */
export async function aSourceWithServers(options: Partial<TwinOptions> = {}): Promise<SourceWithServers> {
  const twin = await aFurnishedTwin(options);
  await populate(twin.authUrl);
  const hand = await aHand(twin);
  const cloud = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  const { document } = await cloud.inventory({ servers: [] }, signal());
  return { twin, hand, cloud, serverId: document.servers[0]?.id ?? '' };
}
