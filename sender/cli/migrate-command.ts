import { resolve } from 'node:path';
import type { Command } from 'commander';
import { numberOf } from '../../shared/cli/number-option.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import { readText } from '../../shared/operator-file.ts';
import { senderCommands } from '../control/registry.ts';
import { MigrateOptions } from '../plan/options.ts';
import { asks } from './ask.ts';
import { showConcerns } from './show-concerns.ts';
import { watchCampaign } from './watch.ts';

interface MigrateFlags {
  readonly order?: string;
  readonly parallel?: number;
  readonly delay?: number;
  readonly probe?: string;
  readonly watch?: true;
}

const { parallel, delaySeconds } = MigrateOptions.shape;

/** Adds `migrate`: it starts a campaign from a plan. */
export function addMigrateCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'migrate')
    .argument('<plan>', 'the file that `sender plan` wrote and you have read')
    .option('--order <servers>', 'ids or names, separated by commas: these first, in this order')
    .option('--parallel <n>', 'how many servers of a wave move at once', numberOf(parallel))
    .option('--delay <seconds>', 'wait this long between two servers', numberOf(delaySeconds))
    .option('--probe <probe>', 'how servers without a probe of their own show that they work: tcp:PORT, http:PORT/PATH, ping')
    .option('--watch', 'stay and show the progress until the campaign is ready or has failed')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender migrate plan.yaml --watch', 'starts and shows the campaign; Ctrl-C leaves it running'],
          ['sender migrate plan.yaml --probe ping', 'measures from outside how long each server does not answer'],
          ['sender migrate plan.yaml --order db,app-1 --parallel 2', 'overrides the plan’s own order and parallelism'],
        ],
        [3, 10, 11, 20, 21, 22, 30, 40, 41],
      ),
    )
    .action(
      asks(terminal, async (asking, file: string, chosen: MigrateFlags) => {
        const options = {
          order: namesIn(chosen.order),
          parallel: chosen.parallel,
          delaySeconds: chosen.delay,
          probe: chosen.probe,
        };
        const plan = await readText(file);
        const { campaign, concerns } = await asking.daemon.migrate({ plan, file: resolve(file), options });
        if (!asking.json) showConcerns(concerns, asking.output);
        if (chosen.watch) await watchCampaign(asking, campaign);
        else if (asking.json) asking.output.json({ campaign, concerns });
        else asking.output.print(`Campaign ${campaign} has started. Follow it with \`sender status --watch\`.`);
      }),
    );
}

function namesIn(order: string | undefined): string[] | undefined {
  return order
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
