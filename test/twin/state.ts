import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kept, Volume, VolumeSnapshot, VolumeType } from './cinder/model.ts';
import type { Pointer, RecordSet, Zone } from './designate/model.ts';
import type { Image } from './glance/model.ts';
import type { ApplicationCredential, Assignment, Ec2Credential, Group, Project, Token, Trust, User } from './keystone/model.ts';
import type {
  AddressGroup,
  AddressScope,
  FloatingIp,
  Network,
  Port,
  PortForwarding,
  QosPolicy,
  RbacPolicy,
  Router,
  SecurityGroup,
  SecurityRule,
  Subnet,
  SubnetPool,
  Trunk,
} from './neutron/model.ts';
import type { Flavor, Keypair, Server, ServerGroup } from './nova/model.ts';

/** Quotas of one service for one project, by resource name; -1 is unlimited. */
export type QuotaSet = Record<string, number>;

/** Everything the twin knows, each collection in order of creation. */
export interface State {
  readonly projects: Map<string, Project>;
  readonly users: Map<string, User>;
  readonly userGroups: Map<string, Group>;
  readonly assignments: Map<string, Assignment>;
  readonly credentials: Map<string, ApplicationCredential>;
  readonly ec2Credentials: Map<string, Ec2Credential>;
  readonly trusts: Map<string, Trust>;
  readonly tokens: Map<string, Token>;
  readonly images: Map<string, Image>;
  readonly qosPolicies: Map<string, QosPolicy>;
  readonly rbacPolicies: Map<string, RbacPolicy>;
  readonly networks: Map<string, Network>;
  readonly subnets: Map<string, Subnet>;
  readonly ports: Map<string, Port>;
  readonly routers: Map<string, Router>;
  readonly addressScopes: Map<string, AddressScope>;
  readonly subnetPools: Map<string, SubnetPool>;
  readonly addressGroups: Map<string, AddressGroup>;
  readonly groups: Map<string, SecurityGroup>;
  readonly rules: Map<string, SecurityRule>;
  readonly floatingIps: Map<string, FloatingIp>;
  readonly trunks: Map<string, Trunk>;
  readonly portForwardings: Map<string, PortForwarding>;
  readonly flavors: Map<string, Flavor>;
  readonly keypairs: Map<string, Keypair>;
  readonly servers: Map<string, Server>;
  readonly serverGroups: Map<string, ServerGroup>;
  readonly volumes: Map<string, Volume>;
  readonly volumeSnapshots: Map<string, VolumeSnapshot>;
  readonly volumeKeeps: Map<string, Kept>;
  readonly volumeTypes: Map<string, VolumeType>;
  readonly zones: Map<string, Zone>;
  readonly recordSets: Map<string, RecordSet>;
  readonly pointers: Map<string, Pointer>;
  /** Quotas that differ from the defaults, by `service:project`. */
  readonly quotas: Map<string, QuotaSet>;
  /** Counters that never go back, such as the number in instance names. */
  readonly counters: Map<string, number>;
}

/** A state with nothing in it. */
function emptyState(): State {
  return {
    projects: new Map(),
    users: new Map(),
    userGroups: new Map(),
    assignments: new Map(),
    credentials: new Map(),
    ec2Credentials: new Map(),
    trusts: new Map(),
    tokens: new Map(),
    images: new Map(),
    qosPolicies: new Map(),
    rbacPolicies: new Map(),
    networks: new Map(),
    subnets: new Map(),
    ports: new Map(),
    routers: new Map(),
    addressScopes: new Map(),
    subnetPools: new Map(),
    addressGroups: new Map(),
    groups: new Map(),
    rules: new Map(),
    floatingIps: new Map(),
    trunks: new Map(),
    portForwardings: new Map(),
    flavors: new Map(),
    keypairs: new Map(),
    servers: new Map(),
    serverGroups: new Map(),
    volumes: new Map(),
    volumeSnapshots: new Map(),
    volumeKeeps: new Map(),
    volumeTypes: new Map(),
    zones: new Map(),
    recordSets: new Map(),
    pointers: new Map(),
    quotas: new Map(),
    counters: new Map(),
  };
}

/**
 * Keeps the state in `state.json`.
 *
 * A change of the state MUST be followed by `changed`; it is on disk when `flush` returns. The file
 * is replaced by a rename, so that a killed twin finds a whole state.
 */
export class Store {
  readonly state: State;
  readonly #path: string;
  readonly #everyMs: number;
  #dirty = false;
  #writtenMs = Number.NEGATIVE_INFINITY;

  /** `everyMs`: how often it is written at most; a large state takes long. */
  constructor(folder: string, everyMs = 0) {
    this.#everyMs = everyMs;
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, 'state.json');
    this.state = emptyState();
    if (existsSync(this.#path)) restore(this.state, readFileSync(this.#path, 'utf8'));
  }

  /** Marks the state as changed and has it written soon, should nobody flush before. */
  changed(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    setImmediate(() => this.flush());
  }

  /** Writes the state if it has changed; `lastly` although it was written a moment ago. */
  flush(lastly = false): void {
    if (!this.#dirty || (!lastly && performance.now() - this.#writtenMs < this.#everyMs)) return;
    this.#dirty = false;
    this.#writtenMs = performance.now();
    const entries = Object.entries(this.state).map(([name, map]: [string, Map<string, unknown>]) => [name, [...map]]);
    const draft = `${this.#path}.new`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(entries)));
    renameSync(draft, this.#path);
  }
}

function restore(state: State, text: string): void {
  const saved: Record<string, [string, never][]> = JSON.parse(text);
  for (const [name, map] of Object.entries(state) as [string, Map<string, never>][]) {
    for (const [key, value] of saved[name] ?? []) map.set(key, value);
  }
  // A twin of 0.1 knew no volumes.
  for (const server of state.servers.values()) Object.assign(server, { volumes: server.volumes ?? [] });
}

/** The next value of a counter that survives restarts; the first is 1. */
export function nextNumber(state: State, name: string): number {
  const value = (state.counters.get(name) ?? 0) + 1;
  state.counters.set(name, value);
  return value;
}
