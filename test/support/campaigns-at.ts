import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { Campaigns } from '../../receiver/campaign/campaigns.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { WorkerPool } from '../../shared/disk/worker-pool.ts';

/** The campaigns of a state directory before a cloud, until the test is over. */
export function campaignsAt(state: string, cloud: () => Promise<DestinationCloud>): Campaigns {
  const workers = new WorkerPool({ size: 1, buffers: 4 });
  const campaigns = new Campaigns(state, {
    cloud,
    workers,
    log: pino({ level: 'silent' }),
    directIo: true,
    keptFor: null,
    images: { images: 'none', mostBytes: 0 },
  });
  onTestFinished(async () => {
    await campaigns.close();
    await workers.close();
  });
  return campaigns;
}
