import type { Command } from 'commander';
import { showPeers } from '../../shared/cli/peers.ts';
import { epilogue, type Stage } from '../../shared/cli/program.ts';
import { visible } from '../../shared/print/text.ts';
import { showTime } from '../../shared/print/units.ts';
import { asks } from './ask.ts';

/** Adds the commands about senders: pair, peers, unpair, rotate. */
export function addPeerCommands(program: Command, stage: Stage): void {
  program
    .command('pair')
    .description('Print a one-time code; whoever proves it within minutes, with `sender pair`, becomes the paired sender.')
    .addHelpText('after', epilogue([['receiver pair', 'prints the code; a second call makes the first code worthless']], [3]))
    .action(
      asks(stage, async ({ daemon, output, json }) => {
        const opened = await daemon.pair();
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
  program
    .command('peers')
    .description('List the senders this receiver is paired with.')
    .addHelpText('after', epilogue([['receiver peers --json', 'prints names and fingerprints for a script']], [3]))
    .action(asks(stage, async (asking) => showPeers(await asking.daemon.peers(), asking)));
  program
    .command('unpair')
    .description('Forget a sender: its key is no longer accepted, and its sessions end.')
    .argument('<name>', 'its name or fingerprint, as `receiver peers` shows it')
    .addHelpText('after', epilogue([['receiver unpair cloud-a', 'forgets the sender cloud-a']], [3]))
    .action(
      asks(stage, async ({ daemon, output, json }, name: string) => {
        await daemon.unpair(name);
        if (json) output.json({ unpaired: name });
        else output.print(`${visible(name)} is no longer paired.`);
      }),
    );
  program
    .command('rotate')
    .description(
      'Replace this daemon’s key: senders learn the new one when they connect, and the old one is worth nothing from then on.',
    )
    .addHelpText(
      'after',
      epilogue([['receiver rotate', 'again, as long as it says which senders have not connected yet']], [3, 11]),
    )
    .action(
      asks(stage, async ({ daemon, output, json }) => {
        const { fingerprint } = await daemon.rotate();
        if (json) output.json({ fingerprint });
        else output.print(`The key is now ${fingerprint}`);
      }),
    );
}
