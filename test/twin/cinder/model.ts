/** The states of a volume that the twin knows (cinder/objects/fields.py, VolumeStatus). */
type VolumeStatus =
  | 'creating'
  | 'downloading'
  | 'available'
  | 'reserved'
  | 'in-use'
  | 'uploading'
  | 'extending'
  | 'deleting'
  | 'error'
  | 'error_deleting'
  | 'awaiting-transfer'
  | 'maintenance';

/** Which server has a volume, and as which device. */
interface VolumeAttachment {
  readonly id: string;
  readonly serverId: string;
  readonly device: string;
  readonly attachedAt: string;
}

/** A volume; its bytes are a sparse raw file named by its id, as long as its size. */
export interface Volume {
  readonly id: string;
  name: string | null;
  description: string | null;
  status: VolumeStatus;
  sizeGiB: number;
  readonly projectId: string;
  readonly userId: string;
  readonly typeId: string;
  readonly zone: string;
  bootable: boolean;
  readonly encrypted: boolean;
  readonly multiattach: boolean;
  readOnly: boolean;
  metadata: Record<string, string>;
  /** What Glance told of the image that it was made from; os-set_image_metadata changes it. */
  imageMetadata: Record<string, string>;
  readonly snapshotId: string | null;
  readonly sourceVolumeId: string | null;
  /** The image that it is a clone of; null where it has all its bytes itself. */
  readonly cloneOfImage: string | null;
  readonly groupId: string | null;
  attachments: VolumeAttachment[];
  /** Why it failed, as Cinder's messages tell it to users. */
  failure?: string;
  readonly createdAt: string;
  updatedAt: string;
}

/** A snapshot of a volume; its bytes are a file of their own. */
export interface VolumeSnapshot {
  readonly id: string;
  readonly volumeId: string;
  name: string | null;
  description: string | null;
  status: 'creating' | 'available' | 'deleting' | 'error';
  readonly sizeGiB: number;
  readonly projectId: string;
  readonly userId: string;
  metadata: Record<string, string>;
  /** As of a volume. */
  failure?: string;
  readonly createdAt: string;
  updatedAt: string;
}

/** A volume type. */
export interface VolumeType {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly isPublic: boolean;
  /** Projects that may use one that is not public. */
  readonly access: string[];
  extraSpecs: Record<string, string>;
  /** Volumes of it are encrypted with a key that only the cloud has. */
  encrypted: boolean;
}

/** A backup, a group of volumes, a snapshot of one, or a transfer: its record alone. */
export interface Kept {
  readonly id: string;
  readonly kind: 'backup' | 'group' | 'group_snapshot' | 'transfer';
  readonly name: string | null;
  readonly status: string;
  readonly projectId: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  /** Of a backup: the volume as it was; its bytes are a file named by `bytes`. */
  readonly backup?: { readonly volume: Volume; readonly bytes: string };
}
