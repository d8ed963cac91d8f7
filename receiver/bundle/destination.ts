import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { Arrival, Destination, DestinationTools } from '../../shared/journey/destination.ts';
import { digestOfJson, writeMarker } from '../../shared/model/marker.ts';
import { refOf } from '../../shared/model/resource.ts';
import type { Campaign } from '../campaign/campaign.ts';

/** How long a new server may take to run, and then to be healthy: seconds. */
const options = { build_timeout_seconds: 1_800, probe_timeout_seconds: 300 };

/** What the phases of one server of a bundle need: this receiver's campaign and its cloud. */
export function bundleTools(
  campaign: Campaign,
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

function destinationHere(campaign: Campaign, arrival: Arrival, cloud: () => Promise<DestinationCloud>): Destination {
  return {
    ensure: (ref, signal) => {
      signal.throwIfAborted();
      return campaign.ensure(ref);
    },
    remove: async (ref) => void (await campaign.remove(ref)),
    health: async (server, probe, signal) => (await cloud()).healthy(campaign.built(refOf('server', server)), probe, signal),
    completed: (server) => {
      const disks = arrival.disks.map(({ id }) => refOf('disk', id));
      const refs = [...disks, ...arrival.ports, refOf('server', server), ...arrival.floatingIps];
      return writeMarker(campaign.folder, [`${server}.completed`], {
        campaign: campaign.id,
        at: new Date().toISOString(),
        digest: digestOfJson(refs),
        counts: { disks: disks.length },
      });
    },
  };
}
