import type { Command } from 'commander';
import { createProgram, type Stage } from '../../shared/cli/program.ts';
import { addBundleCommands } from './bundle-commands.ts';
import { addDaemonCommands } from './daemon-commands.ts';
import { addKept } from './kept-command.ts';
import { addPeerCommands } from './peer-commands.ts';
import { addStatusCommands } from './status-commands.ts';

const says = `Moves a whole OpenStack project to another cloud: this is the side it comes to.

The first time: init, edit the configuration, doctor, run (or systemctl start godwit-receiver), pair.
After that the sender drives; see \`sender --help\`.`;

/** The receiver's command line; each group of commands is one file. */
export function receiverProgram(stage: Stage): Command {
  const program = createProgram('receiver', says, stage.output);
  addDaemonCommands(program, stage);
  addPeerCommands(program, stage);
  addStatusCommands(program, stage);
  addBundleCommands(program, stage);
  addKept(program, stage);
  return program;
}
