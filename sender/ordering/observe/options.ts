import { hostname } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { SshOptions } from '../../../protocol/transport/ssh-tunnel.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { Problem } from '../../../shared/problem.ts';
import { conntrackSource } from './conntrack-source.ts';
import { conntrackFileSource, pcapSource, pmacctSource } from './file-sources.ts';
import { localShell } from './shell.ts';
import type { KnownNetworks, TrafficSource } from './source.ts';
import { openSshShell } from './ssh-shell.ts';
import { udpSource } from './udp-source.ts';

/** The options of `sender observe` as they were typed. */
export interface ObserveFlags {
  readonly project?: string;
  readonly document?: readonly string[];
  readonly for: number;
  readonly every: number;
  readonly conntrack?: true;
  readonly ssh?: readonly string[];
  readonly conntrackFile?: readonly string[];
  readonly netflow?: number;
  readonly ipfix?: number;
  readonly sflow?: number;
  readonly pcap?: readonly string[];
  readonly pmacct?: readonly string[];
  readonly csv?: readonly string[];
  readonly zone?: readonly (readonly [zone: number, network: string])[];
  readonly merge?: true;
  readonly output: string;
}

/**
 * Creates the sources that were asked for. `sshOptions` is called only for a node reached by SSH.
 */
export function trafficSources(
  chosen: ObserveFlags,
  documents: readonly Configurations[],
  sshOptions: () => Promise<SshOptions>,
): TrafficSource[] {
  const networks = networksOf(chosen, documents);
  const here = hostname();
  const { every, ssh = [], conntrackFile = [], pcap = [], pmacct = [] } = chosen;
  const ports = (['netflow', 'ipfix', 'sflow'] as const).flatMap((format) => {
    const port = chosen[format];
    return port === undefined ? [] : [udpSource(format, port, here, networks)];
  });
  return [
    ...(chosen.conntrack ? [conntrackSource(() => Promise.resolve(localShell(here)), here, every, networks)] : []),
    ...[...new Set(ssh)].map((node) =>
      conntrackSource(async (signal) => openSshShell(node, await sshOptions(), signal), node, every, networks),
    ),
    ...ports,
    ...conntrackFile.map((file) => conntrackFileSource(file, networks)),
    ...pcap.map((file) => pcapSource(file, networks)),
    ...pmacct.map((file) => pmacctSource(file)),
  ];
}

/** The document has tunnel identifiers only where an administrator captured it. */
function networksOf({ zone = [] }: ObserveFlags, documents: readonly Configurations[]): KnownNetworks {
  const known = documents.flatMap(({ networks }) => networks);
  const vnis = known.flatMap(({ id, provider_network_type, provider_segmentation_id }) =>
    provider_segmentation_id !== null && ['vxlan', 'geneve'].includes(provider_network_type ?? '')
      ? [[provider_segmentation_id, id] as const]
      : [],
  );
  const zones = zone.map(([number, name]) => {
    const found = known.filter((network) => network.id === name || network.name === name);
    if (found.length !== 1 || found[0] === undefined)
      throw new Problem(
        'E_USAGE',
        `${found.length === 0 ? 'No network' : 'More than one network'} in the document is called ${name}.`,
        {
          about: name,
        },
      );
    return [number, found[0].id] as const;
  });
  return { zones: new Map(zones), vnis: new Map(vnis) };
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Three weeks, for a timer holds 24 days at most. */
const longestMs = 21 * 86_400_000;

/** Parses `90s`, `10m`, `2h` or `1d`. */
export function parseDuration(text: string): number {
  const [, number, unit = ''] = /^(\d{1,7})(s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(number) * (unitMs[unit] ?? Number.NaN);
  if (!(ms > 0 && ms <= longestMs)) throw new InvalidArgumentError('Write a time such as 90s, 10m, 2h or 1d, 21d at most.');
  return ms;
}

/** Parses a port number. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('Write a port from 1 to 65535.');
  return port;
}

/** Parses `ZONE=NETWORK` and appends it. */
export function parseZone(text: string, before: ObserveFlags['zone'] = []): NonNullable<ObserveFlags['zone']> {
  const [, zone, network] = /^(\d{1,5})=(.+)$/.exec(text) ?? [];
  if (zone === undefined || network === undefined) throw new InvalidArgumentError('Write ZONE=NETWORK, such as 5=backend.');
  return [...before, [Number(zone), network]];
}
