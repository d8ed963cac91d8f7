import type { Command } from 'commander';
import { type Column, table } from '../print/table.ts';
import { visible } from '../print/text.ts';
import { showTime } from '../print/units.ts';
import type { Asks } from './ask.ts';
import { type Example, epilogue, type Stage } from './program.ts';

/** A paired daemon as either side lists it; only the sender knows an address. */
interface PeerLine {
  readonly name: string;
  readonly address?: string | null;
  /** In groups of four digits, as people compare it. */
  readonly fingerprint: string;
  readonly pairedAt: string;
}

/** What either daemon can be asked about those it is paired with. */
interface PeerCommands {
  peers(): Promise<readonly PeerLine[]>;
  unpair(name: string): Promise<void>;
  rotate(): Promise<{ fingerprint: string }>;
}

/** What the help says differently on either side. */
export interface PeerWords {
  readonly self: 'sender' | 'receiver';
  readonly other: 'sender' | 'receiver';
  /** Of a peer, for an example. */
  readonly name: string;
  /** What ends when a peer is forgotten. */
  readonly ends: string;
  /** How the others learn a new key. */
  readonly learns: string;
  readonly rotation: Example;
}

/** Adds the commands that both sides have about their peers: peers, unpair, rotate. */
export function addPeers(program: Command, stage: Stage, asks: Asks<PeerCommands>, words: PeerWords): void {
  const { self, other, name } = words;
  program
    .command('peers')
    .description(`List the ${other}s this ${self} is paired with.`)
    .addHelpText('after', epilogue([[`${self} peers --json`, 'prints what it knows of each for a script']], [3]))
    .action(
      asks(stage, async ({ daemon, output, json }) => {
        const peers = await daemon.peers();
        if (json) output.json({ peers });
        else output.print(...table(peers, columnsOf(peers), output.size().columns));
      }),
    );
  program
    .command('unpair')
    .description(`Forget a ${other}: its key is no longer accepted, and ${words.ends}.`)
    .argument('<name>', `its name or fingerprint, as \`${self} peers\` shows it`)
    .addHelpText('after', epilogue([[`${self} unpair ${name}`, `forgets the ${other} ${name}`]], [3]))
    .action(
      asks(stage, async ({ daemon, output, json }, peer: string) => {
        await daemon.unpair(peer);
        if (json) output.json({ unpaired: peer });
        else output.print(`${visible(peer)} is no longer paired.`);
      }),
    );
  program
    .command('rotate')
    .description(`Replace this daemon’s key: ${words.learns}, and the old one is worth nothing from then on.`)
    .addHelpText('after', epilogue([words.rotation], [3, 11]))
    .action(
      asks(stage, async ({ daemon, output, json }) => {
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
