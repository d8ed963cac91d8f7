import type { Configurations } from './configurations.ts';

/**
 * Servers that have volumes in common, directly or through others of them: they move together, or
 * not at all. Ids, sorted.
 */
export interface AtomicGroup {
  readonly servers: readonly string[];
  /** The volumes that several of them have. */
  readonly volumes: readonly string[];
}

interface HavingServers {
  readonly servers: readonly Configurations['servers'][number][];
}

/** The servers that have each volume, by the volume's id. */
export function holdersOf({ servers }: HavingServers): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const { id, volumes } of servers)
    for (const { volume_id } of volumes) holders.set(volume_id, [...(holders.get(volume_id) ?? []), id]);
  return holders;
}

/** The atomic groups of a document; a server that shares no volume is in none. */
export function atomicGroupsOf(document: HavingServers): AtomicGroup[] {
  const shared = [...holdersOf(document)].filter(([, servers]) => servers.length > 1);
  let groups: { servers: Set<string>; volumes: Set<string> }[] = [];
  for (const [volume, servers] of shared) {
    const met = groups.filter((group) => servers.some((id) => group.servers.has(id)));
    const joined = {
      servers: new Set([...servers, ...met.flatMap((group) => [...group.servers])]),
      volumes: new Set([volume, ...met.flatMap((group) => [...group.volumes])]),
    };
    groups = [...groups.filter((group) => !met.includes(group)), joined];
  }
  return groups.map((group) => ({ servers: [...group.servers].sort(), volumes: [...group.volumes].sort() }));
}
