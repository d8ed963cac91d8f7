import type { Output } from '../../shared/print/output.ts';
import { showBytes, showDuration } from '../../shared/print/units.ts';
import { commandsIn } from './commands.ts';
import type { Playground } from './playground.ts';
import type { TourLine } from './tour.ts';

/** What is said while the playground starts. */
export const welcome = [
  'Godwit moves a whole project from one OpenStack cloud to another. This starts two small embedded clouds and both',
  'daemons on this machine, for you to try it. It takes some seconds.',
] as const;

/** What is where, and what to type in another terminal. */
export function readyScreen(
  { dir, west, east, made }: Playground,
  tour: readonly TourLine[],
  tookMs: number,
  keep: boolean,
  style: Output['style'],
): string[] {
  return [
    '',
    `${style('bold', 'The playground is ready')}, ${showDuration(tookMs)} after its start.`,
    '',
    `  west      the source, ${west.twin.authUrl}: project shop, ${made.servers} servers with ${showBytes(made.diskBytes)} of disks`,
    `  east      the destination, ${east.twin.authUrl}: its own flavors and external network, nothing of the shop`,
    '  sender    runs beside west, with sender.yaml; paired with the receiver',
    '  receiver  runs beside east, with receiver.yaml',
    `  folder    ${dir}: both configurations, the logs, and clouds.yaml`,
    '            (the openstack client works there, too: openstack --os-cloud west server list)',
    '',
    style('bold', 'In another terminal:'),
    '',
    `  cd ${dir} && export PATH="$PWD/bin:$PATH"`,
    '',
    ...aligned([
      { command: 'clouds', says: 'what both clouds hold; again after every step' },
      ...tour.filter(({ command }) => !/^(receiver|sender) pair\b/.test(command)),
      { command: 'sender --help', says: 'everything else; receiver --help, too' },
    ]),
    '',
    style('dim', `Ctrl-C stops all of it${keep ? '' : ' and removes the folder'}.`),
  ];
}

function aligned(lines: readonly Pick<TourLine, 'command' | 'says'>[]): string[] {
  const width = Math.max(...lines.map(({ command }) => command.length));
  return lines.map(({ command, says }) => `  ${command.padEnd(width)}   # ${says}`);
}

/** How everything that was kept is started again, by commands that need no Node of the machine. */
export function startAgain(dir: string): string[] {
  const bin = commandsIn(dir);
  return [
    'To start it again, each in a terminal of its own:',
    `  ${bin}/west`,
    `  ${bin}/east`,
    `  ${bin}/receiver run`,
    `  ${bin}/sender run`,
    `Then: ${bin}/sender status`,
  ];
}
