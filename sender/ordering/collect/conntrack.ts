/** The packets of one direction of a connection. */
interface Direction {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly bytes: number;
  readonly packets: number;
}

/**
 * An entry of the kernel's connection table, or an event about one. `original` is the initiator's
 * direction.
 */
export interface ConntrackEntry {
  readonly event: 'present' | 'begun' | 'changed' | 'ended';
  /** The kernel's id of the entry; null where it was not printed. */
  readonly id: string | null;
  /** The conntrack zone, 0 by default. A cloud gives one to each network or port. */
  readonly zone: number;
  readonly protocol: string;
  readonly original: Direction;
  readonly reply: Direction;
  /** Whether the kernel counts bytes (net.netfilter.nf_conntrack_acct). */
  readonly counted: boolean;
}

const events = { NEW: 'begun', UPDATE: 'changed', DESTROY: 'ended' } as const;

/**
 * Parses a line of `conntrack -L` or `-E`, with any of `-o extended,id,timestamp`, or of
 * /proc/net/nf_conntrack (conntrack(8)). Null for a line that is no entry.
 */
export function parseConntrackLine(line: string): ConntrackEntry | null {
  const words = line.trim().split(/\s+/);
  const event = words.map((word) => /^\[(NEW|UPDATE|DESTROY)\]$/.exec(word)?.[1]).find((name) => name !== undefined);
  const plain = words.filter((word) => !word.startsWith('['));
  const family = /^ipv[46]$/.test(plain[0] ?? '') ? 2 : 0;
  // `tcp 6 …`: the name may be `unknown`, the number never is.
  const protocol = plain[family + 1];
  if (protocol === undefined || !/^\d{1,3}$/.test(protocol)) return null;
  const sides: Record<string, string>[] = [];
  const rest: Record<string, string> = {};
  for (const [index, word] of plain.entries()) {
    const [, key, value] = /^([a-z-]+)=(.*)$/.exec(word) ?? [];
    if (key === undefined || value === undefined) continue;
    if (key === 'src') sides.push({});
    // The id of an ICMP echo follows its code; the id of the entry does not.
    const ofEcho = key === 'id' && plain[index - 1]?.startsWith('code=');
    const side = sides.at(-1);
    if (side !== undefined && !ofEcho && directionKeys.has(key) && side[key] === undefined) side[key] = value;
    else if (!ofEcho) rest[key] ??= value;
  }
  return entryOf({
    event: event === undefined ? 'present' : events[event as keyof typeof events],
    protocol,
    sides,
    id: rest['id'],
    zone: rest['zone'] ?? rest['zone-orig'] ?? '0',
  });
}

const directionKeys: ReadonlySet<string> = new Set(['src', 'dst', 'sport', 'dport', 'packets', 'bytes']);

/** Whether a line is a message of the conntrack tool: its summary, or a warning. */
export function isConntrackMessage(line: string): boolean {
  return /^\s*$|^conntrack v|^WARNING|^NOTICE|^Operation failed/.test(line);
}

/** Parses the text before one `</flow>` of `conntrack -o xml`. Null where it is no entry. */
export function parseConntrackXml(piece: string): ConntrackEntry | null {
  const start = piece.lastIndexOf('<flow');
  if (start < 0) return null;
  const xml = piece.slice(start);
  const type = /^<flow[^>]*\btype="(\w+)"/.exec(xml)?.[1]?.toUpperCase();
  const metas = xml.split('<meta ').slice(1);
  const sides = ['original', 'reply'].flatMap((direction) => {
    const meta = metas.find((text) => text.startsWith(`direction="${direction}"`));
    if (meta === undefined) return [];
    const tags = [...directionKeys].flatMap((tag) => {
      const value = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(meta)?.[1];
      return value === undefined ? [] : [[tag, value] as const];
    });
    return [Object.fromEntries(tags)];
  });
  const protocol = /<layer4 [^>]*protonum="(\d{1,3})"/.exec(xml)?.[1];
  if (protocol === undefined || (type !== undefined && !Object.hasOwn(events, type))) return null;
  const own = metas.find((text) => text.startsWith('direction="independent"')) ?? '';
  return entryOf({
    event: type === undefined ? 'present' : events[type as keyof typeof events],
    protocol,
    sides,
    id: /<id>(\d+)<\/id>/.exec(own)?.[1],
    zone: /<zone>(\d+)<\/zone>/.exec(xml)?.[1] ?? '0',
  });
}

interface RawEntry {
  readonly event: ConntrackEntry['event'];
  readonly protocol: string;
  readonly sides: readonly Record<string, string>[];
  readonly id: string | undefined;
  readonly zone: string;
}

function entryOf({ event, protocol, sides, id, zone }: RawEntry): ConntrackEntry | null {
  const [original, reply] = sides.map(directionOf);
  if (!original || !reply || sides.length !== 2 || !/^\d{1,5}$/.test(zone)) return null;
  return { event, id: id ?? null, zone: Number(zone), protocol, original, reply, counted: sides[0]?.['bytes'] !== undefined };
}

function directionOf(values: Record<string, string>): Direction | null {
  const { src, dst, sport = '0', dport = '0', packets = '0', bytes = '0' } = values;
  if (!src || !dst || src.length > 45 || dst.length > 45) return null;
  // conntrack prints no hexadecimal numbers, exponents or signs.
  if (![sport, dport, packets, bytes].every((number) => /^\d{1,20}$/.test(number))) return null;
  return {
    source: src,
    destination: dst,
    sourcePort: Number(sport),
    destinationPort: Number(dport),
    bytes: Number(bytes),
    packets: Number(packets),
  };
}
