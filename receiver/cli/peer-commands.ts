import type { Command } from 'commander';
import { numberOf } from '../../shared/cli/number-option.ts';
import { addPeers } from '../../shared/cli/peers.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { showTime } from '../../shared/print/units.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds the commands about senders: pair, peers, unpair, rotate. */
export function addPeerCommands(program: Command, terminal: Terminal): void {
  offer(program, receiverCommands, 'pair')
    .option(
      '--valid-for <seconds>',
      'how long the code lives: ten minutes unless you say otherwise, an hour at most',
      numberOf(receiverCommands.pair.params.shape.seconds),
    )
    .addHelpText(
      'after',
      epilogue(
        [['receiver pair', 'prints the code; a second call makes the first code worthless']],
        exitsOf(receiverCommands.pair),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, { validFor }: { validFor?: number }) => {
        const opened = await daemon.pair({ seconds: validFor });
        if (json) output.json(opened);
        else {
          output.print(
            `Code: ${output.style('bold', opened.code)}`,
            `It works once, until ${showTime(opened.expiresAt)} UTC. On the source controller:`,
            `  sender pair ${opened.address}`,
            'It asks for the code there.',
            ...(opened.others.length > 0 ? [`Where another address is reached: ${opened.others.join(', ')}`] : []),
          );
        }
      }),
    );
  addPeers(program, terminal, asks, {
    self: 'receiver',
    commands: receiverCommands,
    name: 'cloud-a',
    rotation: ['receiver rotate', 'run it again for as long as it names senders that have not connected yet'],
  });
}
