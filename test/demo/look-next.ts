import { relative } from 'node:path';
import { scriptOf } from '../support/daemons.ts';
import type { Shown } from './demo.ts';

/** What is going to be shown. */
export const welcome: readonly string[] = [
  'Godwit moves a whole project from one OpenStack cloud to another. Here it does so between two small embedded',
  'clouds: real HTTP APIs, real disks, two daemons as processes of their own. It takes about half a minute.',
];

/** Where to look when the demo is over; with `keep`, how to start everything again. */
export function lookNext({ page, clouds, pair }: Shown, dir: string, keep: boolean): string[] {
  const campaign = `${dir}/sender/campaigns/*`;
  const again = [
    ...clouds.map(({ twin }) => ['node', ...twin.args.map(shorten)].join(' ')),
    ...[pair.receiver, pair.sender].map(({ bin, file }) => `node ${shorten(scriptOf(bin))} run --config ${file}`),
  ];
  return [
    `${page}   the campaign as a page for a browser`,
    'README.md             a tour of ten minutes, and how to install the daemons on two controllers',
    'sender/README.md      the plan, the itinerary of a server, rollback and commit',
    'protocol/SPEC.md      what the daemons say to each other',
    'npm run clouds:up     the same between two real OpenStack clouds on one machine',
    ...(keep
      ? [
          '',
          `Everything is kept in ${dir}:`,
          `  ${campaign}/configurations.json   what was captured`,
          `  ${campaign}/markers               what was done, as files`,
          '  Start it again, each in a terminal of its own:',
          ...again.map((line) => `    ${line}`),
          `  Then: node ${shorten(scriptOf('sender'))} --config ${pair.sender.file} status`,
        ]
      : ['npm run demo -- --keep   leaves the state of clouds and daemons to look into']),
  ];
}

function shorten(argument: string): string {
  const path = relative(process.cwd(), argument);
  return argument.startsWith(process.cwd()) ? path : argument;
}
