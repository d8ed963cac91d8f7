import type { Command } from 'commander';
import { createProgram, type Terminal } from '../../shared/cli/program.ts';
import { addAnalyzeCommand } from './analyze-command.ts';
import { addBandwidthCommand } from './bandwidth-command.ts';
import { addCheckProofCommand } from './check-proof-command.ts';
import { addCutoverCommand } from './cutover-command.ts';
import { addDaemonCommands } from './daemon-commands.ts';
import { addExportCommand } from './export-command.ts';
import { addImportCommand } from './import-command.ts';
import { addMigrateCommand } from './migrate-command.ts';
import { addObserveCommand } from './observe-command.ts';
import { addPeerCommands } from './peer-commands.ts';
import { addPlanCommands } from './plan-commands.ts';
import { addPruneCommand } from './prune-command.ts';
import { addReportCommands } from './report-commands.ts';
import { addRulesCommand } from './rules-command.ts';
import { addStatusCommand } from './status-command.ts';
import { addEndingCommands, addSteeringCommands } from './steering-commands.ts';
import { addVerifyCommand } from './verify-command.ts';

const says = `Moves a whole OpenStack project to another cloud. This program runs on the cloud that it leaves.

First time:  sender init, edit the configuration, sender doctor,
             systemctl start godwit-sender, sender pair
Each move:   sender plan, read and edit the plan, sender migrate,
             sender status --watch, then sender commit or sender rollback`;

/** The sender's command line; each group of commands is one file. */
export function senderProgram(terminal: Terminal): Command {
  const program = createProgram('sender', says, terminal.output);
  program.commandsGroup('Set up:');
  addDaemonCommands(program, terminal);
  addPeerCommands(program, terminal);
  program.commandsGroup('Prepare a move:');
  addPlanCommands(program, terminal);
  addRulesCommand(program, terminal);
  addImportCommand(program, terminal);
  addObserveCommand(program, terminal);
  addAnalyzeCommand(program, terminal);
  program.commandsGroup('Move:');
  addMigrateCommand(program, terminal);
  addExportCommand(program, terminal);
  addStatusCommand(program, terminal);
  addSteeringCommands(program, terminal);
  addCutoverCommand(program, terminal);
  addBandwidthCommand(program, terminal);
  program.commandsGroup('Finish a move:');
  addVerifyCommand(program, terminal);
  addCheckProofCommand(program, terminal);
  addEndingCommands(program, terminal);
  program.commandsGroup('Look back:');
  addReportCommands(program, terminal);
  addPruneCommand(program, terminal);
  return program;
}
