import { startAgain } from '../playground/screen.ts';
import type { Shown } from './demo.ts';

/** What is going to be shown. */
export const welcome: readonly string[] = [
  'Godwit moves a whole project from one OpenStack cloud to another. Here it does so between two small embedded',
  'clouds: real HTTP APIs, real disks, two daemons as processes of their own. It takes about a minute.',
];

/** Where to look when the demo is over; how to start it again where everything was `kept`. */
export function lookNext({ page }: Shown, dir: string, kept: string | null): string[] {
  return [
    `${page}   the campaign as a page for a browser`,
    'README.md             a tour of ten minutes, and how to install the daemons on two controllers',
    'sender/README.md      the plan, the itinerary of a server, rollback and commit',
    'protocol/SPEC.md      what the daemons say to each other',
    'npm run playground    the same two clouds and daemons, for you to take that tour',
    'npm run clouds:up     the same between two real OpenStack clouds on one machine',
    ...(kept !== null
      ? ['', ...keptIn(dir, kept)]
      : ['npm run demo -- --keep   leaves the state of clouds and daemons to look into']),
  ];
}

function keptIn(dir: string, kept: string): string[] {
  const campaign = `${dir}/sender/campaigns/*`;
  return [
    kept,
    `  ${campaign}/configurations.json   what was captured`,
    `  ${campaign}/markers               what was done, as files`,
    ...startAgain(dir),
  ];
}
