import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import { Problem } from '../../shared/problem.ts';
import { senderCommands } from '../control/registry.ts';
import { writeText } from '../operator-file.ts';
import { asks } from './ask.ts';
import { choosing, type SelectionFlags, selectionOf } from './selection.ts';
import { showConcerns } from './show-concerns.ts';

interface OutputChosen extends SelectionFlags {
  readonly output?: string;
}

/** Adds the commands that come before a migration: capture, plan. */
export function addPlanCommands(program: Command, terminal: Terminal): void {
  choosing(offer(program, senderCommands, 'capture'))
    .option('-o, --output <file>', 'where to write the document; stdout when it is left out')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender capture --project shop -o configurations.json', 'captures every server of shop and what they need'],
          ['sender capture --server web-1 --server db', 'captures two servers, to stdout'],
        ],
        [3, 20, 22],
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, chosen: OutputChosen) => {
        const { document, concerns } = await daemon.capture(selectionOf(chosen));
        const text = `${JSON.stringify(document, undefined, 2)}\n`;
        if (chosen.output !== undefined) await writeText(chosen.output, text);
        if (json) output.json(chosen.output === undefined ? { document, concerns } : { file: chosen.output, concerns });
        else if (chosen.output === undefined) output.raw(text);
        if (!json) showConcerns(concerns, output);
      }),
    );
  choosing(offer(program, senderCommands, 'plan'))
    .option('-o, --output <file>', 'where to write the plan; stdout when it is left out')
    .addHelpText(
      'after',
      epilogue(
        [
          [
            'sender plan --project shop -o plan.yaml',
            'plans the move of a whole project; edit the file, then `sender migrate plan.yaml`',
          ],
          ['sender plan --project shop --tag web --user alice -o web.yaml', 'plans the servers of one user that carry a tag'],
          ['sender plan --all --json', 'prints plan, concerns and decisions for a script'],
        ],
        [3, 10, 11, 20, 40],
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, chosen: OutputChosen) => {
        const { plan, concerns, decisions } = await daemon.plan(selectionOf(chosen));
        if (chosen.output !== undefined) await writeText(chosen.output, plan);
        const blocking = concerns.filter(({ severity }) => severity === 'blocking').length;
        const problem =
          blocking === 0 ? undefined : new Problem('E_BLOCKED', `${blocking} of the concerns would stop this plan.`);
        const written = chosen.output === undefined ? { plan } : { file: chosen.output };
        if (json)
          output.json({ ...written, concerns, decisions, ...(problem === undefined ? {} : { problem, exit: problem.exit }) });
        else if (chosen.output === undefined) output.raw(plan);
        if (!json) showConcerns(concerns, output);
        if (problem !== undefined && !json) throw problem;
        if (problem !== undefined) process.exitCode = problem.exit;
      }),
    );
}
