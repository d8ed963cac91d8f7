import { describe } from 'vitest';
import { providers } from '../../shared/cloud/all.ts';
import type { DestinationCloud, SourceCloud } from '../../shared/cloud/cloud.ts';
import { itIsADestinationCloud } from '../conformance/destination.ts';
import { itIsASourceCloud } from '../conformance/source.ts';

/**
 * The suites that the embedded twin passes, against real clouds. They need to be reached from this process (in the lab: from the
 * operator's network namespace) and `qemu-img`. Told by the environment: OS_CLIENT_CONFIG_FILE, the clouds' names in it, and the name of
 * a running server that may be stopped and started. Nothing is left behind.
 */
const { GODWIT_CONFORMANCE_SOURCE: source, GODWIT_CONFORMANCE_SERVER: server } = process.env;
const { GODWIT_CONFORMANCE_DESTINATION: destination } = process.env;
const openstack = providers['openstack'];
const settings = (cloud: string): unknown => openstack?.settings.parse({ cloud });

describe.skipIf(source === undefined || server === undefined)('the real cloud GODWIT_CONFORMANCE_SOURCE', () => {
  itIsASourceCloud(async () => {
    const cloud = (await openstack?.source?.(settings(source ?? ''))) as SourceCloud;
    return { cloud, server: server ?? '', close: () => cloud.close() };
  });
});

describe.skipIf(destination === undefined)('the real cloud GODWIT_CONFORMANCE_DESTINATION', () => {
  itIsADestinationCloud(async () => {
    const cloud = (await openstack?.destination?.(settings(destination ?? ''))) as DestinationCloud;
    return { cloud, close: () => cloud.close() };
  });
});
