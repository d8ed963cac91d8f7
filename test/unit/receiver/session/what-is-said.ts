import type { Params } from '../../../../protocol/messages.ts';
import type { CampaignMessage } from '../../../../receiver/campaign/allowed.ts';
import { digestOfRoots, type Totals } from '../../../../shared/model/totals.ts';
import { aDocument } from '../../../support/protocol.ts';

/** The totals of a campaign in which nothing is. */
export const nothing: Totals = { servers: 0, disks: 0, disk_bytes: 0, resources: {}, roots: digestOfRoots([]) };

/** Every message about a campaign, as a sender may say it. */
export function whatIsSaid(campaign: string): { readonly [N in CampaignMessage]: Params<N> } {
  const disk = { campaign, server: 's1', disk: 's1.root' };
  return {
    'campaign.configure': { campaign, configurations: { ...aDocument(), campaign } },
    'campaign.completed': { campaign, totals: nothing },
    'campaign.commit': { campaign },
    'campaign.remove': { campaign },
    'campaign.prove': { campaign, plan: 'a'.repeat(64), waivers: 'b'.repeat(64) },
    'resource.prepare': { campaign, ref: 'port/p1' },
    'resource.ensure': { campaign, ref: 'network/n1' },
    'resource.remove': { campaign, ref: 'network/n1' },
    'resource.compare': { campaign, refs: ['network/n1'] },
    'disk.offer': { ...disk, size: 4096, block_size: 4096, algorithm: 'sha256' },
    'disk.page': { handle: 1, first: 0, digests: Buffer.alloc(32).toString('base64') },
    'disk.hole': { handle: 1, first: 0, blocks: 1 },
    'disk.seal': { handle: 1, root: 'a'.repeat(64) },
    'disk.verify': disk,
    'server.health': { campaign, server: 's1' },
    'server.watch': { campaign, server: 's1', probe: 'ping' },
    'server.completed': { campaign, server: 's1', summary: { phases: {}, downtime_ms: null, disks: [] } },
  };
}
