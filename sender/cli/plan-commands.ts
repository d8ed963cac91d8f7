import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { numberOf } from '../../shared/cli/number-option.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer, optionText } from '../../shared/cli/registered-command.ts';
import type { Concern } from '../../shared/model/concern.ts';
import { readText, writeText } from '../../shared/operator-file.ts';
import { visible } from '../../shared/print/text.ts';
import { Problem } from '../../shared/problem.ts';
import type { PlanAsked } from '../control/capture-and-plan.ts';
import { senderCommands } from '../control/registry.ts';
import { isEdited, withMark } from '../plan/edited.ts';
import { differenceGroups, type PlanResult } from '../plan/result.ts';
import { reasonText } from '../plan/rules/reason.ts';
import type { MappingSuggestion } from '../plan/rules/suggest.ts';
import { asks, type SenderAsking } from './ask.ts';
import { endWithResult } from './end-with-result.ts';
import { choosing, type SelectionFlags, selectionOf } from './selection.ts';
import { showConcerns } from './show-concerns.ts';

interface OutputChosen extends SelectionFlags {
  readonly output?: string;
}

interface PlanChosen extends OutputChosen {
  readonly force?: true;
  readonly check?: string;
  readonly why?: string;
  readonly acceptAbove?: number;
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
        exitsOf(senderCommands.capture),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, chosen: OutputChosen) => {
        const { document, concerns } = await daemon.capture(selectionOf(chosen));
        const text = `${JSON.stringify(document, undefined, 2)}\n`;
        if (chosen.output !== undefined) await writeText(chosen.output, text);
        if (json) output.json(chosen.output === undefined ? { document, concerns } : { file: chosen.output, concerns });
        else if (chosen.output === undefined) output.raw(text);
        else output.print(`Wrote ${chosen.output}.`);
        if (!json) showConcerns(concerns, output);
      }),
    );
  choosing(offer(program, senderCommands, 'plan'))
    .option('-o, --output <file>', 'where to write the plan; stdout when it is left out')
    .option('--force', 'write over a file that was edited, or that is no plan')
    .addOption(new Option('--check <file>', optionText(senderCommands.checkPlan)).conflicts(['output', 'force']))
    .addOption(
      new Option('--why <thing>', 'only explain how something is mapped, such as server/web-1').conflicts(['output', 'check']),
    )
    .addOption(
      new Option('--accept-above <score>', 'map what has no counterpart to the best suggestion of at least this score, 0 to 1')
        .argParser(numberOf(z.number().min(0).max(1)))
        .conflicts('check'),
    )
    .addHelpText(
      'after',
      epilogue(
        [
          [
            'sender plan --project shop -o plan.yaml',
            'plans the move of a whole project; edit the file, then `sender migrate plan.yaml`',
          ],
          ['sender plan --check plan.yaml', 'shows what has changed since, and what would stop it; starts nothing'],
          ['sender plan --project shop --tag web --user alice -o web.yaml', 'plans the servers of one user that carry a tag'],
          [
            'sender plan --project shop --why server/web-1',
            'explains which rule, or what else, maps the server and what it needs',
          ],
          ['sender plan --all --json', 'prints plan, concerns and decisions for a script'],
        ],
        // A plan that would be stopped is the command's failure.
        [...exitsOf(senderCommands.plan, senderCommands.checkPlan), 40],
      ),
    )
    .action(
      asks(terminal, async (asking, { check, force, why, acceptAbove: above, ...chosen }: PlanChosen) => {
        if (check !== undefined) return await checkFile(asking, check);
        const selection: PlanAsked = above === undefined ? selectionOf(chosen) : { ...selectionOf(chosen), accepted: { above } };
        if (why !== undefined) return await explain(asking, { ...selection, why });
        if (chosen.output !== undefined && force !== true) await mustBeOurs(chosen.output);
        const { plan, concerns, decisions } = await planAndAsk(asking, selection, chosen.output !== undefined);
        if (chosen.output !== undefined) await writeText(chosen.output, withMark(plan));
        const written = chosen.output === undefined ? { plan } : { file: chosen.output };
        const lines =
          chosen.output === undefined
            ? plan.trimEnd().split('\n')
            : [
                `Wrote ${chosen.output}. Read and edit it; \`sender plan --check ${chosen.output}\` checks it, \`sender migrate ${chosen.output}\` starts it.`,
              ];
        conclude(asking, { ...written, decisions }, lines, concerns);
      }),
    );
}

async function explain({ daemon, output, json }: SenderAsking, asked: PlanAsked): Promise<void> {
  const { reasons } = await daemon.plan(asked);
  if (json) output.json({ reasons });
  else output.print(...reasons.map((reason) => visible(reasonText(reason))));
}

/**
 * Plans; where a person can answer, the best suggestion for each thing that nothing maps is
 * offered, and what is accepted is planned anew.
 */
async function planAndAsk(asking: SenderAsking, asked: PlanAsked, isFile: boolean): Promise<PlanResult> {
  const { daemon, answer, json } = asking;
  const found = await daemon.plan(asked);
  if (answer === undefined || json || !isFile) return found;
  const chosen: Pick<MappingSuggestion, 'ref' | 'to'>[] = [];
  for (const { ref, name, suggestions } of found.reasons) {
    const [best] = suggestions;
    if (best === undefined) continue;
    const question = visible(`Nothing maps ${ref} (${name}). Map it to ${best.to} (${best.score}: ${best.says})?`);
    if (/^y(es)?$/i.test((await answer(`${question} [y/N] `)).trim())) chosen.push({ ref, to: best.to });
  }
  return chosen.length === 0 ? found : await daemon.plan({ ...asked, accepted: { ...asked.accepted, chosen } });
}

async function checkFile(asking: SenderAsking, file: string): Promise<void> {
  const { output, daemon } = asking;
  const { differences, concerns, decisions } = await daemon.checkPlan({ plan: await readText(file), file: resolve(file) });
  const groups = differenceGroups.flatMap((group) => {
    const own = differences.filter(({ of }) => of === group);
    return own.length === 0 ? [] : [`  ${group}`, ...own.map(({ says }) => `    ${output.style('yellow', visible(says))}`)];
  });
  const lines =
    groups.length === 0
      ? [`${file} says what \`sender plan\` would write now.`]
      : [`What ${file} says otherwise than \`sender plan\` would now: your edits, and changes of the clouds.`, ...groups];
  const isFree = concerns.every(({ severity }) => severity !== 'blocking');
  conclude(asking, { file, differences, decisions }, isFree ? [...lines, 'Nothing would stop it.'] : lines, concerns);
}

/** Shows a result as lines or as JSON, and every concern; what blocks is the command's failure. */
function conclude(asking: SenderAsking, result: object, lines: readonly string[], concerns: readonly Concern[]): void {
  const blocking = concerns.filter(({ severity }) => severity === 'blocking').length;
  const problem = blocking === 0 ? undefined : new Problem('E_BLOCKED', `${blocking} of the concerns would stop this plan.`);
  const print = (): void => {
    asking.output.print(...lines);
    showConcerns(concerns, asking.output);
  };
  endWithResult(asking, { ...result, concerns }, print, problem);
}

/** Throws E_USAGE where a file is no plan of ours, or was edited since `sender plan` wrote it. */
async function mustBeOurs(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Problem('E_USAGE', `${file} cannot be read: ${error.message}.`, { about: file, cause: error });
  });
  if (text === null || text === '' || !isEdited(text)) return;
  throw new Problem('E_USAGE', `${file} was edited since \`sender plan\` wrote it, or is no plan; it is not overwritten.`, {
    about: file,
    hint: 'Write to another file and compare; `sender plan --check FILE` checks the edited one; --force overwrites it.',
  });
}
