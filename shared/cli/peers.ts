import type { Command } from 'commander';
import type { AnyCommand } from '../control/command.ts';
import { type Column, table } from '../print/table.ts';
import { visible } from '../print/text.ts';
import { showTime } from '../print/units.ts';
import type { Asks } from './ask.ts';
import { type Example, epilogue, type Terminal } from './program.ts';
import { exitsOf, offer } from './registered-command.ts';

/** A paired daemon as either side lists it; only the sender knows an address. */
interface PeerLine {
  readonly name: string;
  readonly address?: string | null;
  /** In groups of four digits, as people compare it. */
  readonly fingerprint: string;
  readonly pairedAt: string;
}

/** The commands about peers that both daemons have, as they are asked for. */
interface PeerClient {
  peers(): Promise<readonly PeerLine[]>;
  unpair(params: { readonly name: string }): Promise<void>;
  rotate(): Promise<{ readonly fingerprint: string }>;
}

/** What differs between the two sides. */
export interface PeerWords {
  readonly self: 'sender' | 'receiver';
  readonly commands: { readonly [N in keyof PeerClient]: AnyCommand };
  /** Of a peer, for an example. */
  readonly name: string;
  readonly rotation: Example;
}

/** Adds the commands that both sides have about their peers: peers, unpair, rotate. */
export function addPeers(program: Command, terminal: Terminal, asks: Asks<PeerClient>, words: PeerWords): void {
  const { self, commands, name } = words;
  offer(program, commands, 'peers')
    .addHelpText(
      'after',
      epilogue([[`${self} peers --json`, 'prints what it knows of each for a script']], exitsOf(commands.peers)),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }) => {
        const peers = await daemon.peers();
        if (json) output.json({ peers });
        else output.print(...table(peers, columnsOf(peers), output.size().columns));
      }),
    );
  offer(program, commands, 'unpair')
    .argument('<name>', `its name, or the beginning of its fingerprint, as \`${self} peers\` shows it`)
    .addHelpText('after', epilogue([[`${self} unpair ${name}`, `forgets ${name}`]], exitsOf(commands.unpair)))
    .action(
      asks(terminal, async ({ daemon, output, json }, peer: string) => {
        await daemon.unpair({ name: peer });
        if (json) output.json({ unpaired: peer });
        else output.print(`${visible(peer)} is no longer paired.`);
      }),
    );
  offer(program, commands, 'rotate')
    .addHelpText('after', epilogue([words.rotation], exitsOf(commands.rotate)))
    .action(
      asks(terminal, async ({ daemon, output, json }) => {
        const { fingerprint } = await daemon.rotate();
        if (json) output.json({ fingerprint });
        else output.print(`The key is now ${fingerprint}`);
      }),
    );
}

function columnsOf(peers: readonly PeerLine[]): Column<PeerLine>[] {
  const address: Column<PeerLine>[] = [{ title: 'ADDRESS', show: (peer) => peer.address ?? '-' }];
  return [
    { title: 'NAME', show: (peer) => visible(peer.name) },
    ...(peers.some((peer) => peer.address !== undefined) ? address : []),
    { title: 'PAIRED', show: (peer) => showTime(peer.pairedAt) },
    { title: 'FINGERPRINT', whole: true, show: (peer) => peer.fingerprint },
  ];
}
