import type { Mappings } from '../../shared/model/mappings.ts';
import type { Outlook } from '../bundle/outlook.ts';
import type { Freed, KeptCampaign, Unwanted } from '../campaign/kept.ts';

/** What `receiver status` shows. */
export interface ReceiverStatus {
  readonly release: string;
  readonly listening: string;
  /** Lanes are the further connections of a session that carry nothing but data. */
  readonly sessions: readonly {
    readonly peer: string;
    readonly campaign: string | null;
    readonly since: string;
    readonly lanes: number;
  }[];
  readonly campaigns: readonly {
    readonly id: string;
    readonly state: string;
    readonly built: number;
    readonly disks: readonly {
      readonly id: string;
      readonly sizeBytes: number;
      readonly durableBytes: number;
      /** Blocks that came out wrong, on the wire, in a donor or on our own disk, and were pulled again. */
      readonly mended: number;
      readonly sealed: boolean;
    }[];
  }[];
  readonly stagingFreeBytes: number;
}

/** One line of the ledger, as `receiver ledger` shows it. */
export interface LedgerLine {
  readonly campaign: string;
  readonly ref: string;
  readonly state: 'intended' | 'built' | 'removed';
  readonly id: string | null;
  readonly how: string | null;
}

/** How far an import is. */
export interface ImportNews {
  readonly campaign: string | null;
  readonly says: string;
}

/** What a check of a bundle tells; once, what an import would meet. */
export interface CheckNews {
  readonly says: string;
  readonly outlook?: Outlook;
}

/** Everything an operator can ask of a running receiver; the control socket offers each as one route. */
export interface ReceiverCommands {
  status(): Promise<ReceiverStatus>;
  /** Opens the pairing window, for ten minutes unless `seconds` says otherwise, and returns its one-time code. ISO 8601 for the end. */
  pair(seconds?: number): Promise<{ code: string; expiresAt: string; address: string }>;
  peers(): Promise<readonly { name: string; fingerprint: string; pairedAt: string }[]>;
  unpair(name: string): Promise<void>;
  rotate(): Promise<{ fingerprint: string }>;
  ledger(campaign?: string): Promise<readonly LedgerLine[]>;
  /** The disks of committed campaigns that are kept, oldest first. */
  kept(): Promise<readonly KeptCampaign[]>;
  /** Deletes what is unwanted of them, but what a campaign under way takes blocks from. May be repeated. Throws E_NOT_FOUND, E_CAMPAIGN_STATE. */
  freeKept(unwanted: Unwanted): Promise<Freed>;
  /** Rebuilds a tenant from a bundle, and says how far it is. May be repeated with the same bundle. */
  import(bundle: AsyncIterable<Buffer>, mappings: Mappings, signal: AbortSignal): AsyncIterable<ImportNews>;
  /** Reads a whole bundle, verifies it, and says what an import would create and what stands in its way. Writes nothing. Ends with E_BLOCKED where something does. */
  check(bundle: AsyncIterable<Buffer>, mappings: Mappings, signal: AbortSignal): AsyncIterable<CheckNews>;
  /** Keeps what an import built, and frees its staged disks; returns their bytes. */
  commit(campaign: string): Promise<{ freedBytes: number }>;
  /** Removes exactly what an import created. */
  rollback(campaign: string): Promise<{ removed: number }>;
}
