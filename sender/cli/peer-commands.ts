import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { addPeers } from '../../shared/cli/peers.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import { visible } from '../../shared/print/text.ts';
import { Problem } from '../../shared/problem.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds the commands about the receiver: pair, peers, unpair, rotate. */
export function addPeerCommands(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'pair')
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
      asks(terminal, async ({ daemon, output, json }, address: string, code: string | undefined) => {
        const paired = await daemon.pair({ address, code: code ?? (await readCode()) });
        if (json) output.json(paired);
        else output.print(`Paired with ${visible(paired.name)}.`, `Its key: ${paired.fingerprint}`);
      }),
    );
  addPeers(program, terminal, asks, {
    self: 'sender',
    commands: senderCommands,
    name: 'cloud-b',
    rotation: ['sender rotate', 'while the receiver is connected; ends with E_ROTATION_PENDING when it cannot be told'],
  });
}

/** Asks for the code, so that it stays out of the shell's history and the list of processes. */
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
