import type { Command } from 'commander';
import { createProgram, type Stage } from '../../shared/cli/program.ts';
import { addAnalyzeCommand } from './analyze-command.ts';
import { addBandwidthCommand } from './bandwidth-command.ts';
import { addCampaignCommands } from './campaign-commands.ts';
import { addCutoverCommand } from './cutover-command.ts';
import { addDaemonCommands } from './daemon-commands.ts';
import { addExportCommand } from './export-command.ts';
import { addImportCommand } from './import-command.ts';
import { addObserveCommand } from './observe-command.ts';
import { addPeerCommands } from './peer-commands.ts';
import { addPlanCommands } from './plan-commands.ts';
import { addReportCommands } from './report-commands.ts';
import { addVerifyCommand } from './verify-command.ts';

const says = `Moves a whole OpenStack project to another cloud: this is the side it leaves.

The first time: init, edit the configuration, doctor, run (or systemctl start godwit-sender), pair.
Each move: plan, read and edit the plan, migrate, status --watch, then commit or rollback.`;

/** The sender's command line; each group of commands is one file. */
export function senderProgram(stage: Stage): Command {
  const program = createProgram('sender', says, stage.output);
  addDaemonCommands(program, stage);
  addPeerCommands(program, stage);
  addObserveCommand(program, stage);
  addPlanCommands(program, stage);
  addAnalyzeCommand(program, stage);
  addImportCommand(program, stage);
  addExportCommand(program, stage);
  addCampaignCommands(program, stage);
  addBandwidthCommand(program, stage);
  addCutoverCommand(program, stage);
  addVerifyCommand(program, stage);
  addReportCommands(program, stage);
  return program;
}
