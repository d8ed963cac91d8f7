import { join } from 'node:path';
import type { Background } from './background.ts';
import type { Faults } from './faults.ts';
import type { Elsewhere, ServiceName } from './service.ts';
import type { QuotaSet, State } from './state.ts';

/** The default quotas of a project, by service. */
export interface Quotas {
  readonly compute: QuotaSet;
  readonly network: QuotaSet;
  /** `image_bytes`: the bytes a project may store; `image_count`: how many images. */
  readonly image: QuotaSet;
  readonly volume: QuotaSet;
  readonly dns: QuotaSet;
}

/** The settings a twin was started with, and the defaults of the others. */
export interface Settings {
  readonly stateDir: string;
  readonly region: string;
  readonly tokenLifeSeconds: number;
  readonly pageSize: number;
  readonly hidden: readonly string[];
  readonly quotas: Quotas;
  readonly guest: boolean;
  /** Refuses characters outside the basic multilingual plane, as Zed on a utf8mb3 database does. */
  readonly strictUtf8: boolean;
  /**
   * Lets members create servers from flavors without a disk, which Zed's default policy keeps for
   * admins.
   */
  readonly zeroDiskForMembers: boolean;
  readonly forceConfigDrive: boolean;
  readonly distributedRouters: boolean;
  readonly tunnelMtu: number;
  readonly dns: boolean;
  readonly novaMinor: number;
  readonly cinderMinor: number;
  readonly withoutExtensions: readonly string[];
  /** Neutron refuses a quota below what is used, unless it is forced. */
  readonly checksQuotas: boolean;
  /** The types of QoS rules that its drivers have. */
  readonly qosRules: readonly string[];
  readonly withoutServices: readonly ServiceName[];
  readonly otherRegions: readonly string[];
  /** The availability zones of Cinder; new volumes lie in the first. */
  readonly volumeZones: readonly string[];
  /** Glance refuses a raw image with the content of another format, as from 2025.1 on. */
  readonly inspectsImages: boolean;
  /** What Glance computes of its images: Python's name of the digest, and OpenSSL's. */
  readonly hashing: { readonly name: string; readonly openssl: string };
  readonly crossZones: boolean;
  /** Volumes are raw files on NFS, and not qcow2 files. */
  readonly rawVolumes: boolean;
  /** A volume of a raw image is a clone that keeps the image, as on Ceph. */
  readonly clonesImages: boolean;
  /** Bytes that a volume has for each GiB. */
  readonly gibibyte: number;
  /** Whether the catalogue names Designate. */
  readonly designate: boolean;
  readonly elsewhere: Elsewhere;
  readonly furtherServices: readonly string[];
  readonly maxRequestBytes: number;
}

/** What every handler works on: one cloud. */
export interface Cloud {
  readonly settings: Settings;
  readonly state: State;
  readonly background: Background;
  readonly faults: Faults;
  /** Marks the state as changed. */
  changed(): void;
  /** The address of a service, without a trailing slash. */
  url(service: ServiceName): string;
}

/** Where the bytes of an image are. */
export const imagePath = (cloud: Cloud, imageId: string): string => join(cloud.settings.stateDir, 'images', imageId);

/** Where the root disk of a server is that Nova keeps itself. */
export const diskPath = (cloud: Cloud, serverId: string): string => join(cloud.settings.stateDir, 'disks', serverId);

/** The limit of one resource for one project; -1 is unlimited. */
export function quotaOf(cloud: Cloud, service: keyof Quotas, projectId: string, resource: string): number {
  return cloud.state.quotas.get(`${service}:${projectId}`)?.[resource] ?? cloud.settings.quotas[service][resource] ?? -1;
}

/** Every limit of a service for one project. */
export function quotasOf(cloud: Cloud, service: keyof Quotas, projectId: string): QuotaSet {
  return { ...cloud.settings.quotas[service], ...cloud.state.quotas.get(`${service}:${projectId}`) };
}
