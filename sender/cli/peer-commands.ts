import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { addPeers } from '../../shared/cli/peers.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { visible } from '../../shared/print/text.ts';
import { Problem } from '../../shared/problem.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds the commands about the receiver: pair, peers, unpair, rotate. */
export function addPeerCommands(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'pair')
    .argument('<address>', 'where the receiver is: host, host:port, wss://host:port or ssh://user@host')
    .argument('[code]', 'leave it out: the code is asked for, or read from stdin; here every user of the machine can read it')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender pair cloud-b.example.org', 'pairs over TLS, port 9443; asks for the code'],
          ['sender pair ssh://godwit@cloud-b.example.org < code', 'pairs through SSH; reads the code from a file'],
        ],
        exitsOf(senderCommands.pair),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json, answer }, address: string, code: string | undefined) => {
        if (code !== undefined) {
          // What `ps` shows of this process from now on.
          process.title = 'sender pair';
          output.tell(shown);
        }
        const paired = await daemon.pair({ address, code: code ?? (await (answer?.('Pairing code: ') ?? readCode())) });
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

/** Why a code is not an argument. */
const shown =
  'The code was in the list of processes, and may be in the history of the shell: next time leave it out, and it is asked for.';

/** Reads the code from stdin: it stays out of the shell's history and the list of processes. */
async function readCode(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw new Problem('E_USAGE', 'No pairing code was given.');
}
