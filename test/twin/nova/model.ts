/** Nova's stable states (nova/compute/vm_states.py). */
export type VmState =
  | 'building'
  | 'active'
  | 'stopped'
  | 'paused'
  | 'suspended'
  | 'shelved'
  | 'shelved_offloaded'
  | 'rescued'
  | 'resized'
  | 'error';

/** A flavor. */
export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ramMiB: number;
  readonly diskGiB: number;
  readonly ephemeralGiB: number;
  readonly swapMiB: number;
  readonly rxtxFactor: number;
  readonly isPublic: boolean;
  description: string | null;
  extraSpecs: Record<string, string>;
  /** Projects that may use a flavor that is not public. */
  access: string[];
}

/** A keypair; it belongs to a user, not to a project. */
export interface Keypair {
  readonly name: string;
  readonly userId: string;
  readonly type: 'ssh' | 'x509';
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAt: string;
}

/** What went wrong with a server. */
interface ServerFault {
  readonly code: number;
  readonly message: string;
  readonly created: string;
}

/** What one requested interface of a new server is made from. */
export interface NetworkRequest {
  readonly portId: string | null;
  readonly networkId: string | null;
  readonly fixedIp: string | null;
  readonly tag?: string | undefined;
}

/** An accepted action, by the request that asked for it. */
export interface InstanceAction {
  readonly action: string;
  readonly requestId: string;
  readonly userId: string;
  readonly projectId: string;
  readonly startedAt: string;
}

/** A volume that a server has, or is to have. */
export interface ServerVolume {
  readonly volumeId: string;
  readonly device: string;
  /** 0: the server boots from it. */
  readonly bootIndex: number | null;
  readonly tag: string | null;
  deleteOnTermination: boolean;
  readonly attachmentId: string;
  readonly bdmId: string;
}

/** A server. */
export interface Server {
  readonly id: string;
  name: string;
  readonly projectId: string;
  readonly userId: string;
  /** Empty where it boots from a volume. */
  imageId: string;
  /**
   * Properties of the image, or of the volume that it boots from, at creation: they go into
   * snapshots, whatever became of the image.
   */
  readonly imageProperties: Readonly<Record<string, string>>;
  readonly imageFormat: {
    readonly disk: string;
    readonly container: string;
    readonly size: number;
    readonly minDisk: number;
    readonly minRam: number;
  };
  /**
   * The flavor as it was when the server was made; deleting or editing the flavor does not change
   * it.
   */
  flavor: Flavor;
  vmState: VmState;
  taskState: string | null;
  powerState: number;
  fault: ServerFault | null;
  metadata: Record<string, string>;
  tags: string[];
  description: string | null;
  locked: boolean;
  lockedReason: string | null;
  lockedBy: 'owner' | 'admin' | null;
  readonly keyName: string | null;
  readonly userData: string | null;
  readonly configDrive: boolean;
  readonly zone: string;
  /** What an admin wants it to be built on. */
  readonly forcedHost: string | null;
  hostname: string;
  host: string | null;
  /** Ports in the order of the interfaces. */
  portIds: string[];
  /** Those of the ports that Nova made, and removes with the server. */
  ownPortIds: string[];
  /** The tags of its interfaces, by the port. */
  portTags?: Record<string, string>;
  readonly requested: readonly NetworkRequest[];
  /** Its volumes, in the order in which they were attached. */
  volumes: ServerVolume[];
  readonly groupNames: readonly string[];
  accessIPv4: string;
  accessIPv6: string;
  diskConfig: string;
  readonly reservationId: string;
  readonly number: number;
  readonly createdAt: string;
  updatedAt: string;
  launchedAt: string | null;
  /** What was done to it, newest first. */
  readonly actions: InstanceAction[];
  /** The last console lines the twin itself has written. */
  console: string[];
}

/** A server group; deleted servers are no longer shown as members. */
export interface ServerGroup {
  readonly id: string;
  readonly project: string;
  readonly user: string;
  readonly name: string;
  readonly policy: string;
  readonly rules: Readonly<Record<string, number>>;
  members: readonly string[];
}
