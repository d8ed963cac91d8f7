import { writeMarker } from '../../shared/model/marker.ts';
import type { Totals } from '../../shared/model/totals.ts';
import { Problem } from '../../shared/problem.ts';
import type { Campaign } from './campaign.ts';
import { sumOfRoots } from './totals.ts';

/**
 * Compares a sender's totals with ours, removes what the cloud made twice, and notes that every
 * server has moved. A repeat is compared again and changes nothing. Throws E_TOTALS_DISAGREE,
 * E_CAMPAIGN_STATE, and the cloud's problems.
 */
export function complete(campaign: Campaign, totals: Totals): Promise<void> {
  return campaign.inTurn('campaign.completed', async () => {
    const complaints = await complaintsOf(campaign, totals);
    if (complaints.length > 0)
      throw new Problem('E_TOTALS_DISAGREE', `The two daemons count differently: ${complaints.join('; ')}.`);
    if (campaign.ledger.standing === 'committed') return;
    await campaign.sweep();
    await campaign.ledger.reach('completed');
    const counts = { servers: totals.servers, disks: totals.disks, disk_bytes: totals.disk_bytes };
    await writeMarker(campaign.folder, ['completed'], {
      campaign: campaign.id,
      at: new Date().toISOString(),
      digest: totals.roots,
      counts,
    });
  });
}

async function complaintsOf(campaign: Campaign, totals: Totals): Promise<string[]> {
  const own = await sumOfRoots(campaign);
  const resources = campaign.builtByKind();
  return [
    own.roots !== totals.roots && `the disks' roots differ`,
    own.disks !== totals.disks && `${own.disks} disks here, ${totals.disks} there`,
    own.bytes !== totals.disk_bytes && `${own.bytes} bytes here, ${totals.disk_bytes} there`,
    (resources['server'] ?? 0) !== totals.servers && `${resources['server'] ?? 0} servers here, ${totals.servers} there`,
    ...Object.entries(totals.resources).map(
      ([kind, count]) => (resources[kind] ?? 0) !== count && `${resources[kind] ?? 0} of kind ${kind} here, ${count} there`,
    ),
  ].filter((complaint) => complaint !== false);
}
