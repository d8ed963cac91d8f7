import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Background } from './background.ts';
import { resumeVolumes } from './cinder/restart.ts';
import { volumeRoutes } from './cinder/routes.ts';
import { seedVolumeTypes } from './cinder/types.ts';
import type { Cloud, Quotas, Settings } from './cloud.ts';
import { dnsRoutes } from './designate/routes.ts';
import { resumeZones } from './designate/worker.ts';
import { elsewhereRoutes } from './elsewhere.ts';
import { Faults, type StateFault } from './faults.ts';
import { imageRoutes } from './glance/routes.ts';
import { tickGuests, writeGuests } from './guest.ts';
import { applicationCredentialRoutes } from './keystone/application-credentials.ts';
import { assignmentRoutes } from './keystone/assignments.ts';
import { delegationRoutes } from './keystone/delegations.ts';
import { projectTagRoutes } from './keystone/project-tags.ts';
import { projectRoutes } from './keystone/projects.ts';
import { type Seed, seedIdentity } from './keystone/seed.ts';
import { tokenRoutes } from './keystone/tokens.ts';
import { identityVersionRoutes } from './keystone/versions.ts';
import { addressGroupRoutes } from './neutron/address-groups.ts';
import { addressScopeRoutes } from './neutron/address-scopes.ts';
import { extraRoutes } from './neutron/extras.ts';
import { floatingIpRoutes } from './neutron/floating-ips.ts';
import { interfaceRoutes } from './neutron/interfaces.ts';
import { availabilityRoutes } from './neutron/ip-availability.ts';
import { networkRoutes } from './neutron/networks.ts';
import { portForwardingRoutes } from './neutron/port-forwardings.ts';
import { portRoutes } from './neutron/ports.ts';
import { everyRule, qosRoutes } from './neutron/qos.ts';
import { rbacRoutes } from './neutron/rbac.ts';
import { routerRoutes } from './neutron/routers.ts';
import { groupRoutes } from './neutron/security-groups.ts';
import { ruleRoutes } from './neutron/security-rules.ts';
import { subnetPoolRoutes } from './neutron/subnet-pools.ts';
import { subnetRoutes } from './neutron/subnets.ts';
import { trunkRoutes } from './neutron/trunks.ts';
import { actionRoutes } from './nova/actions.ts';
import { flavorRoutes } from './nova/flavors.ts';
import { hostRoutes } from './nova/hosts.ts';
import { instanceActionRoutes } from './nova/instance-actions.ts';
import { serverInterfaceRoutes } from './nova/interfaces.ts';
import { keypairRoutes } from './nova/keypairs.ts';
import { metadataRoutes } from './nova/metadata.ts';
import { maximumMinor } from './nova/microversion.ts';
import { computeQuotaRoutes } from './nova/quotas.ts';
import { resumeServers } from './nova/restart.ts';
import { serverGroupRoutes } from './nova/server-groups.ts';
import { serverRoutes } from './nova/servers.ts';
import { serverTagRoutes } from './nova/tags.ts';
import { serverVolumeRoutes } from './nova/volume-attachments.ts';
import type { Route } from './route.ts';
import { type LoggedRequest, serve } from './server.ts';
import type { Elsewhere, ServiceName } from './service.ts';
import { type State, Store } from './state.ts';

/** How a twin is started. Only the state directory is needed. */
export interface TwinOptions {
  /**
   * Where state, images, disks and `faults.json` are; what is there from an earlier twin is taken
   * up.
   */
  readonly stateDir: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** `RegionOne` by default. */
  readonly region?: string;
  readonly seed?: Seed;
  /** Scale of all delays; 1 by default, 0 is as soon as possible but still asynchronous. */
  readonly pace?: number;
  /** One hour by default. */
  readonly tokenLifeSeconds?: number;
  readonly quotas?: Partial<Quotas>;
  /**
   * The most that any list answers at once; unlimited by default but for Nova's and Glance's 1000.
   */
  readonly pageSize?: number;
  /** Names of what a policy of Neutron hides from everybody in its lists. */
  readonly hidden?: readonly string[];
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /** Running servers count boots and seconds on their disks. */
  readonly guest?: boolean;
  /** On by default: four-byte UTF-8 is refused as by Zed on MariaDB. */
  readonly strictUtf8?: boolean;
  /** Members may use flavors with disk 0; off by default, as in Zed. */
  readonly zeroDiskForMembers?: boolean;
  /** `force_config_drive` of nova.conf: every server gets a config drive. */
  readonly forceConfigDrive?: boolean;
  /** `router_distributed` of neutron.conf: new routers are distributed. */
  readonly distributedRouters?: boolean;
  /** The largest MTU of tenant networks; 1450 by default, as VXLAN leaves it. */
  readonly tunnelMtu?: number;
  /** The newest microversion of Cinder, 3.70 by default, as in Zed; 62 is Victoria’s. */
  readonly cinderMinor?: number;
  /** `dns` among the extension drivers of neutron.conf: ports have DNS names. */
  readonly dns?: boolean;
  /**
   * How often the state is written at most, in milliseconds; by default before every answer, so
   * that a killed twin has lost nothing.
   */
  readonly stateEveryMs?: number;
  /** The newest minor that Nova's version document names; Zed's by default. */
  readonly novaMinor?: number;
  /** Extensions of Neutron that this cloud lacks. */
  readonly withoutExtensions?: readonly string[];
  /** Neutron refuses a quota below what is used, unless it is forced, as from 2025.1 on. */
  readonly checksQuotas?: boolean;
  /** The types of QoS rules that its drivers have; those of Open vSwitch. */
  readonly qosRules?: readonly string[];
  /** Services that the catalogue does not name. */
  readonly withoutServices?: readonly ServiceName[];
  /** Further regions that the catalogue names; nobody answers there. */
  readonly otherRegions?: readonly string[];
  /** The availability zones of Cinder; `nova` by default. */
  readonly volumeZones?: readonly string[];
  /** `require_image_format_match` of glance-api.conf, from 2025.1 on; off by default, as in Zed. */
  readonly inspectsImages?: boolean;
  /** `hashing_algorithm` of glance-api.conf, by Python's name and OpenSSL's; `sha512` else. */
  readonly hashing?: { readonly name: string; readonly openssl: string };
  /** `cross_az_attach` of nova.conf: a server may have volumes of other zones; on by default. */
  readonly crossZones?: boolean;
  /** Volumes are raw files on NFS, as with `nfs_qcow2_volumes` unset; else they are qcow2 files. */
  readonly rawVolumes?: boolean;
  /** A volume of a raw image is a clone that keeps the image, as on Ceph. */
  readonly clonesImages?: boolean;
  /** Bytes that a volume has for each GiB: fewer keep short what must be read and hashed. */
  readonly gibibyte?: number;
  /** The catalogue names Designate; off by default, as in a packaged Zed. */
  readonly designate?: boolean;
  /** What the project has in services of which the twin has nothing else. */
  readonly elsewhere?: Elsewhere;
  /** Types of further services that the catalogue names; nobody answers there. */
  readonly furtherServices?: readonly string[];
}

/** A running twin. */
export interface Twin {
  /** The Keystone endpoint, with its version. */
  readonly authUrl: string;
  /** The latest requests, oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly faults: Faults;
  stop(): Promise<void>;
}

/** Zed's defaults. */
const defaultQuotas: Quotas = {
  compute: {
    instances: 10,
    cores: 20,
    ram: 51200,
    metadata_items: 128,
    key_pairs: 100,
    server_groups: 10,
    server_group_members: 10,
  },
  network: {
    network: 100,
    subnet: 100,
    subnetpool: -1,
    port: 500,
    router: 10,
    floatingip: 50,
    security_group: 10,
    security_group_rule: 100,
    rbac_policy: 10,
  },
  image: { image_bytes: -1, image_count: -1 },
  volume: {
    volumes: 10,
    snapshots: 10,
    gigabytes: 1000,
    per_volume_gigabytes: -1,
    backups: 10,
    backup_gigabytes: 1000,
    groups: 10,
  },
  // designate/conf/base.py.
  dns: { zones: 10, zone_recordsets: 500, zone_records: 500, recordset_records: 20, api_export_size: 1000 },
};

const routes: readonly Route[] = [
  ...identityVersionRoutes,
  ...tokenRoutes,
  ...projectRoutes,
  ...projectTagRoutes,
  ...assignmentRoutes,
  ...applicationCredentialRoutes,
  ...delegationRoutes,
  ...imageRoutes,
  ...qosRoutes,
  ...rbacRoutes,
  ...networkRoutes,
  ...availabilityRoutes,
  ...addressScopeRoutes,
  ...subnetPoolRoutes,
  ...subnetRoutes,
  ...portRoutes,
  ...routerRoutes,
  ...interfaceRoutes,
  ...addressGroupRoutes,
  ...groupRoutes,
  ...ruleRoutes,
  ...trunkRoutes,
  ...floatingIpRoutes,
  ...portForwardingRoutes,
  ...extraRoutes,
  ...serverRoutes,
  ...actionRoutes,
  ...instanceActionRoutes,
  ...metadataRoutes,
  ...serverTagRoutes,
  ...serverGroupRoutes,
  ...serverInterfaceRoutes,
  ...serverVolumeRoutes,
  ...flavorRoutes,
  ...keypairRoutes,
  ...computeQuotaRoutes,
  ...hostRoutes,
  ...volumeRoutes,
  ...dnsRoutes,
  ...elsewhereRoutes,
];

/** Requests that the log remembers. */
const logLength = 10_000;

function settingsFrom(options: TwinOptions): Settings {
  return {
    stateDir: options.stateDir,
    region: options.region ?? 'RegionOne',
    tokenLifeSeconds: options.tokenLifeSeconds ?? 3600,
    pageSize: options.pageSize ?? Number.POSITIVE_INFINITY,
    hidden: options.hidden ?? [],
    quotas: {
      compute: { ...defaultQuotas.compute, ...options.quotas?.compute },
      network: { ...defaultQuotas.network, ...options.quotas?.network },
      image: { ...defaultQuotas.image, ...options.quotas?.image },
      volume: { ...defaultQuotas.volume, ...options.quotas?.volume },
      dns: { ...defaultQuotas.dns, ...options.quotas?.dns },
    },
    guest: options.guest ?? false,
    strictUtf8: options.strictUtf8 ?? true,
    zeroDiskForMembers: options.zeroDiskForMembers ?? false,
    forceConfigDrive: options.forceConfigDrive ?? false,
    distributedRouters: options.distributedRouters ?? false,
    tunnelMtu: options.tunnelMtu ?? 1450,
    dns: options.dns ?? false,
    novaMinor: options.novaMinor ?? maximumMinor,
    cinderMinor: options.cinderMinor ?? 70,
    withoutExtensions: options.withoutExtensions ?? [],
    checksQuotas: options.checksQuotas ?? false,
    qosRules: options.qosRules ?? everyRule,
    withoutServices: options.withoutServices ?? [],
    otherRegions: options.otherRegions ?? [],
    volumeZones: options.volumeZones ?? ['nova'],
    inspectsImages: options.inspectsImages ?? false,
    hashing: options.hashing ?? { name: 'sha512', openssl: 'sha512' },
    crossZones: options.crossZones ?? true,
    rawVolumes: options.rawVolumes ?? false,
    clonesImages: options.clonesImages ?? false,
    gibibyte: options.gibibyte ?? 2 ** 30,
    designate: options.designate ?? false,
    elsewhere: options.elsewhere ?? {},
    furtherServices: options.furtherServices ?? [],
    maxRequestBytes: 114_688,
  };
}

/** Starts one cloud; it serves when the promise resolves. */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const store = new Store(options.stateDir, options.stateEveryMs);
  seedIdentity(store.state, options.seed ?? {});
  seedVolumeTypes(store.state);
  store.changed();
  const background = new Background(options.pace ?? 1);
  const faults = new Faults(options.stateDir, (fault) => applyFault(store.state, fault, () => store.changed()));
  let base = '';
  const cloud: Cloud = {
    settings: settingsFrom(options),
    state: store.state,
    background,
    faults,
    changed: () => store.changed(),
    url: (service) => `${base}/${service}`,
  };
  const requests: LoggedRequest[] = [];
  const log = (request: LoggedRequest): void => {
    requests.push(request);
    if (requests.length > logLength) requests.splice(0, logLength / 10);
  };
  const listener: RequestListener = (request, response) =>
    void serve({ cloud, routes, flush: () => store.flush(), log }, request, response);
  // Uploads take as long as they take; Node would cut them after five minutes.
  const server =
    options.tls === undefined
      ? createPlain({ requestTimeout: 0 }, listener)
      : createSecure({ ...options.tls, requestTimeout: 0 }, listener);
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  base = `${options.tls === undefined ? 'http' : 'https'}://${host}:${(server.address() as AddressInfo).port}`;
  resumeServers(cloud);
  resumeVolumes(cloud);
  resumeZones(cloud);
  const heart = setInterval(() => tickGuests(cloud), 1000);
  let turn = 0;
  const hand = setInterval(() => writeGuests(cloud, turn++), 20);
  const stop = async (): Promise<void> => {
    clearInterval(heart);
    clearInterval(hand);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await background.stop();
    store.flush(true);
  };
  return { authUrl: `${base}/identity/v3`, requests, faults, stop };
}

/** Carries out a fault that changes the state at once. */
function applyFault(state: State, fault: StateFault, changed: () => void): void {
  if (fault.do === 'expire-tokens') state.tokens.clear();
  if (fault.do === 'delete-flavor') {
    for (const flavor of [...state.flavors.values()])
      if (flavor.id === fault.flavor || flavor.name === fault.flavor) state.flavors.delete(flavor.id);
  }
  if (fault.do === 'quota') {
    for (const project of state.projects.values()) {
      if (fault.project !== undefined && fault.project !== project.id && fault.project !== project.name) continue;
      const key = `${fault.service ?? 'compute'}:${project.id}`;
      state.quotas.set(key, { ...state.quotas.get(key), ...fault.set });
    }
  }
  changed();
}
