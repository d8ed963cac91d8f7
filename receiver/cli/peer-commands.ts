import type { Command } from 'commander';
import { positive } from '../../shared/cli/number-option.ts';
import { addPeers } from '../../shared/cli/peers.ts';
import { epilogue, type Stage } from '../../shared/cli/program.ts';
import { showTime } from '../../shared/print/units.ts';
import { asks } from './ask.ts';

/** Adds the commands about senders: pair, peers, unpair, rotate. */
export function addPeerCommands(program: Command, stage: Stage): void {
  program
    .command('pair')
    .description('Print a one-time code; whoever proves it within minutes, with `sender pair`, becomes the paired sender.')
    .option(
      '--valid-for <seconds>',
      'how long the code lives: ten minutes unless said otherwise, an hour at most',
      positive(3600),
    )
    .addHelpText('after', epilogue([['receiver pair', 'prints the code; a second call makes the first code worthless']], [3]))
    .action(
      asks(stage, async ({ daemon, output, json }, { validFor }: { validFor?: number }) => {
        const opened = await daemon.pair(validFor);
        if (json) output.json(opened);
        else {
          output.print(
            `Code: ${output.style('bold', opened.code)}`,
            `It works once, until ${showTime(opened.expiresAt)} UTC. On the source controller:`,
            `  sender pair ${opened.address} ${opened.code}`,
          );
        }
      }),
    );
  addPeers(program, stage, asks, {
    self: 'receiver',
    other: 'sender',
    name: 'cloud-a',
    ends: 'its sessions end',
    learns: 'senders learn the new one when they connect',
    rotation: ['receiver rotate', 'again, as long as it says which senders have not connected yet'],
  });
}
