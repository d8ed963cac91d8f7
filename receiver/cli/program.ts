import type { Command } from 'commander';
import { createProgram, type Terminal } from '../../shared/cli/program.ts';
import { addBundleCommands } from './bundle-commands.ts';
import { addDaemonCommands } from './daemon-commands.ts';
import { addGive } from './give-command.ts';
import { addKept } from './kept-command.ts';
import { addPeerCommands } from './peer-commands.ts';
import { addPlace } from './place-command.ts';
import { addStatusCommands } from './status-commands.ts';

const says = `Moves a whole OpenStack project to another cloud. This program runs on the cloud that it moves to.

First time:  receiver init, edit the configuration, receiver doctor,
             systemctl start godwit-receiver, receiver pair
Each move:   nothing; the sender asks for what it needs. See \`sender --help\`.`;

/** The receiver's command line; each group of commands is one file. */
export function receiverProgram(terminal: Terminal): Command {
  const program = createProgram('receiver', says, terminal.output);
  program.commandsGroup('Set up:');
  addDaemonCommands(program, terminal);
  addPeerCommands(program, terminal);
  addGive(program, terminal);
  addPlace(program, terminal);
  program.commandsGroup('Look:');
  addStatusCommands(program, terminal);
  addKept(program, terminal);
  program.commandsGroup('Rebuild from a bundle:');
  addBundleCommands(program, terminal);
  return program;
}
