import type { PairingWindow } from '../../protocol/transport/pairing-window.ts';
import type { Peers } from '../../protocol/transport/peers.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import type { Imports } from '../bundle/imports.ts';
import type { Campaigns } from '../campaign/campaigns.ts';
import type { Sessions } from '../session/sessions.ts';

/** What the receiver's commands work with: the parts of the daemon that runs them. */
export interface ReceiverContext {
  readonly release: string;
  /** Host and port that senders reach. */
  readonly listening: string;
  /** How senders on other machines can reach it, the likeliest first. */
  readonly dialable: () => readonly string[];
  /** The state directory. */
  readonly state: string;
  readonly campaigns: Campaigns;
  readonly imports: Imports;
  readonly workers: WorkerPool;
  readonly sessions: Sessions;
  readonly window: PairingWindow;
  readonly peers: Peers;
  /** Makes a new key and announces it; returns its fingerprint. */
  readonly rotate: () => Promise<string>;
  readonly cloud: () => Promise<DestinationCloud>;
}
