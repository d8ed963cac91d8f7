import { processOutput } from '../../shared/print/output.ts';
import { table } from '../../shared/print/table.ts';
import { type Portrait, portraitOf } from '../demo/portrait.ts';
import { signInTo } from './clouds-file.ts';

/** One line of what both clouds hold. */
interface Row {
  readonly what: string;
  readonly west: string;
  readonly east: string;
}

const kinds = ['network', 'subnet', 'router', 'security group', 'keypair', 'server group', 'port', 'floating IP'] as const;

function rowsOf(west: Portrait, east: Portrait): Row[] {
  const count = (portrait: Portrait, wanted: string): string => String(portrait.filter(({ kind }) => kind === wanted).length);
  const serversOf = (portrait: Portrait) => portrait.filter(({ kind }) => kind === 'server');
  const names = new Set([...serversOf(west), ...serversOf(east)].map(({ name }) => name));
  const status = (portrait: Portrait, server: string): string => {
    const found = serversOf(portrait).find(({ name }) => name === server)?.attributes['status'];
    return typeof found === 'string' ? found : '-';
  };
  return [
    ...[...names].sort().map((name) => ({ what: `server ${name}`, west: status(west, name), east: status(east, name) })),
    ...kinds.map((kind) => ({ what: `${kind}s`, west: count(west, kind), east: count(east, kind) })),
  ];
}

const [cloudsFile = 'clouds.yaml'] = process.argv.slice(2);
const [west, east] = await Promise.all(['west', 'east'].map(async (cloud) => portraitOf(await signInTo(cloudsFile, cloud))));
const rows = rowsOf(west ?? [], east ?? []);
processOutput().print(
  ...table(rows, [
    { title: 'PROJECT shop', show: ({ what }) => what },
    { title: 'WEST', show: (row) => row.west },
    { title: 'EAST', show: (row) => row.east },
  ]),
);
