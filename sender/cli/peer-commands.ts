import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { showPeers } from '../../shared/cli/peers.ts';
import { epilogue, type Stage } from '../../shared/cli/program.ts';
import { visible } from '../../shared/print/text.ts';
import { Problem } from '../../shared/problem.ts';
import { asks } from './ask.ts';

/** Adds the commands about the receiver: pair, peers, unpair, rotate. */
export function addPeerCommands(program: Command, stage: Stage): void {
  program
    .command('pair')
    .description('Pair with the receiver whose `receiver pair` printed a code: both keys are exchanged and pinned.')
    .argument('<address>', 'where the receiver is: host, host:port, wss://host:port or ssh://user@host')
    .argument('[code]', 'the one-time code; asked for, or read from stdin, when it is left out')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender pair cloud-b.example.org 4K7Q-M2XD', 'pairs over TLS, port 9443'],
          ['sender pair ssh://godwit@cloud-b.example.org', 'pairs through SSH, asks for the code'],
        ],
        [3, 10, 11, 12],
      ),
    )
    .action(
      asks(stage, async ({ daemon, output, json }, address: string, code: string | undefined) => {
        const paired = await daemon.pair(address, code ?? (await readCode()));
        if (json) output.json(paired);
        else output.print(`Paired with ${visible(paired.name)}.`, `Its key: ${paired.fingerprint}`);
      }),
    );
  program
    .command('peers')
    .description('List the receivers this sender is paired with.')
    .addHelpText('after', epilogue([['sender peers --json', 'prints names, addresses and fingerprints for a script']], [3]))
    .action(asks(stage, async (asking) => showPeers(await asking.daemon.peers(), asking)));
  program
    .command('unpair')
    .description('Forget a receiver: its key is no longer accepted, and its session ends.')
    .argument('<name>', 'its name or fingerprint, as `sender peers` shows it')
    .addHelpText('after', epilogue([['sender unpair cloud-b', 'forgets the receiver cloud-b']], [3]))
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
      'Replace this daemon’s key: the connected receiver learns the new one, and the old one is worth nothing from then on.',
    )
    .addHelpText(
      'after',
      epilogue(
        [['sender rotate', 'while the receiver is connected; fails with E_ROTATION_PENDING when it cannot be told']],
        [3, 11],
      ),
    )
    .action(
      asks(stage, async ({ daemon, output, json }) => {
        const { fingerprint } = await daemon.rotate();
        if (json) output.json({ fingerprint });
        else output.print(`The key is now ${fingerprint}`);
      }),
    );
}

/** A code that is not typed as an argument stays out of the shell's history and the list of processes. */
async function readCode(): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdin.isTTY ? process.stderr : undefined });
  try {
    if (process.stdin.isTTY) return await lines.question('Pairing code: ');
    for await (const line of lines) return line;
  } finally {
    lines.close();
  }
  throw new Problem('E_USAGE', 'No pairing code was given.');
}
