import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';
import { bandwidthText } from './campaign-view.ts';

/** Adds the command that shows and sets what may be sent: bandwidth. */
export function addBandwidthCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'bandwidth')
    .argument(
      '[limit]',
      'a rate such as 800kbit, 100mbit or 2.5gbit; none; or configured, to follow plans and configuration again',
    )
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender bandwidth', 'shows the limit and what is sent now'],
          ['sender bandwidth 100mbit', 'sends no more than that, from this moment on'],
          ['sender bandwidth configured', 'goes back to plans and configuration, with their hours and days'],
        ],
        exitsOf(senderCommands.bandwidth),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, limit: string | undefined) => {
        const bandwidth = await daemon.bandwidth({ limit });
        if (json) output.json(bandwidth);
        else output.print(bandwidthText(bandwidth));
      }),
    );
}
