import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { CampaignSet } from '../../sender/control/campaign-set.ts';
import { Changes } from '../../sender/control/changes.ts';
import { WorkerPool } from '../../shared/disk/worker-pool.ts';

const log = pino({ level: 'silent' });

/** The campaigns of a state directory, as a sender without clouds has them that just started. */
export async function someCampaignSet(state: string): Promise<CampaignSet> {
  const workers = new WorkerPool({ size: 1 });
  const nowhere = (): Promise<never> => Promise.reject(new Error('There is no cloud, and no receiver.'));
  const campaigns = new CampaignSet({
    state,
    changes: new Changes(),
    runner: {
      source: nowhere,
      retirement: nowhere,
      peer: { name: 'the sender', release: '0.0.0', log, dial: nowhere },
      log,
      workers,
      retryDelaysMs: [],
    },
  });
  onTestFinished(async () => {
    await campaigns.stop();
    await workers.close();
  });
  await campaigns.start();
  return campaigns;
}
