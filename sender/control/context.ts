import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import type { SenderConfig } from '../config.ts';
import type { Bandwidth } from '../receiver/bandwidth.ts';
import type { ReceiverLink } from '../receiver/link.ts';
import type { Peer } from '../receiver/peer.ts';
import type { CampaignSet } from './campaign-set.ts';
import type { Changes } from './changes.ts';

/** What the sender's commands work with: the parts of the daemon that runs them. */
export interface SenderContext {
  readonly config: SenderConfig;
  readonly release: string;
  readonly link: ReceiverLink;
  readonly bandwidth: Bandwidth;
  /** The connection that plans are made over; each campaign has its own. */
  readonly peer: Peer;
  readonly source: () => Promise<SourceCloud>;
  readonly campaigns: CampaignSet;
  readonly changes: Changes;
  /** Makes a new key and announces it; returns its fingerprint. */
  readonly rotate: () => Promise<string>;
  /** Aborts when the daemon stops. */
  readonly stopping: AbortSignal;
}
