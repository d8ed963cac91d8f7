import { countOf } from '../../shared/model/kind-words.ts';
import { summaryOfCampaign, summaryOfServer, writeMarker } from '../../shared/model/marker.ts';
import type { Kind } from '../../shared/model/resource.ts';
import type { Totals } from '../../shared/model/totals.ts';
import { Problem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from './campaign.ts';
import { builtByKind, sumOfRoots } from './totals.ts';

/**
 * Compares a sender's totals with ours, removes what the cloud made twice, and notes that every
 * server has moved. A repeat is compared again and changes nothing. Throws E_TOTALS_DISAGREE,
 * E_CAMPAIGN_STATE, and the cloud's problems.
 */
export function complete(campaign: ReceiverCampaign, totals: Totals): Promise<void> {
  return campaign.inTurn('campaign.completed', async () => {
    const complaints = await complaintsOf(campaign, totals);
    if (complaints.length > 0)
      throw new Problem('E_TOTALS_DISAGREE', `The two daemons count differently: ${complaints.join('; ')}.`);
    if (campaign.ledger.standing === 'committed') return;
    if (campaign.ledger.standing === 'configured') await campaign.sweep();
    await campaign.ledger.reach('completed');
    await writeMarker(campaign, { kind: 'campaign' }, summaryOfCampaign(totals));
  });
}

/**
 * Notes that one server, or lone volume, has moved; once every one has, a late repeat changes
 * nothing. Throws E_NOT_FOUND for one that was not built.
 */
export async function completeServer(
  campaign: ReceiverCampaign,
  server: string,
  disks: Parameters<typeof summaryOfServer>[0],
): Promise<void> {
  campaign.built(campaign.unitOf(server));
  if (campaign.ledger.standing !== 'configured') return;
  await writeMarker(campaign, { kind: 'server', server }, summaryOfServer(disks));
}

async function complaintsOf(campaign: ReceiverCampaign, totals: Totals): Promise<string[]> {
  const own = await sumOfRoots(campaign);
  const resources = builtByKind(campaign);
  return [
    own.roots !== totals.roots && `the disks' roots differ`,
    own.disks !== totals.disks && `${own.disks} disks here, ${totals.disks} there`,
    own.bytes !== totals.disk_bytes && `${own.bytes} bytes here, ${totals.disk_bytes} there`,
    (resources['server'] ?? 0) !== totals.servers && `${resources['server'] ?? 0} servers here, ${totals.servers} there`,
    ...Object.entries(totals.resources).map(
      ([kind, count]) =>
        (resources[kind] ?? 0) !== count && `${countOf(kind as Kind, resources[kind] ?? 0)} here, ${count} there`,
    ),
  ].filter((complaint) => complaint !== false);
}
