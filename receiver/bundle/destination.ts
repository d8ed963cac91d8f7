import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { Arrival, Destination, DestinationTools } from '../../shared/journey/destination.ts';
import { summaryOfServer, writeMarker } from '../../shared/model/marker.ts';
import type { ReceiverCampaign } from '../campaign/campaign.ts';

/** How long a new server may take to run, and then to be healthy: seconds. */
const options = { build_timeout_seconds: 1_800, probe_timeout_seconds: 300 };

/** What the phases of one server of a bundle need: this receiver's campaign and its cloud. */
export function bundleTools(
  campaign: ReceiverCampaign,
  arrival: Arrival,
  cloud: () => Promise<DestinationCloud>,
  signal: AbortSignal,
): DestinationTools {
  return {
    destination: destinationHere(campaign, arrival, cloud),
    // The sender cannot be asked: it stopped the servers before it wrote the bundle.
    mustBeStopped: () => Promise.resolve(),
    options,
    signal,
  };
}

function destinationHere(campaign: ReceiverCampaign, arrival: Arrival, cloud: () => Promise<DestinationCloud>): Destination {
  return {
    ensure: (ref, signal) => {
      signal.throwIfAborted();
      return campaign.ensure(ref);
    },
    remove: async (ref) => void (await campaign.remove(ref)),
    health: async (server, probe, signal) => (await cloud()).healthy(campaign.builtServer(server), probe, signal),
    completed: async (server) => {
      const sealed = await Promise.all(
        arrival.disks.map(async ({ id: disk }) => ({ disk, seal: await campaign.disks.sealed(server, disk) })),
      );
      const disks = sealed.flatMap(({ disk, seal }) => (seal === null ? [] : [{ disk, root: seal.root, size: seal.size }]));
      await writeMarker(campaign, { kind: 'server', server }, summaryOfServer(disks));
    },
  };
}
