import { type Command, Option } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer, optionText } from '../../shared/cli/registered-command.ts';
import type { Dated } from '../../shared/journal.ts';
import { writeText } from '../../shared/operator-file.ts';
import { senderCommands } from '../control/registry.ts';
import type { Fact } from '../migration/fact.ts';
import { reportPage } from '../report/page.ts';
import { reportText } from '../report/text.ts';
import { asks } from './ask.ts';
import { latestCampaign } from './choose-campaign.ts';
import { factLines } from './fact-line.ts';

interface ReportChoice {
  readonly html?: string;
  readonly text?: true;
  readonly phases?: true;
}

/** Adds the commands that look back: report and log. */
export function addReportCommands(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'report')
    .argument('[campaign]', 'the beginning of its id; the latest when it is left out')
    .addOption(new Option('--html <file>', 'write a page for a browser, complete in itself').conflicts('text'))
    .option('--text', 'print text (the default)')
    .addOption(new Option('--phases', 'print one line for each phase of each server').conflicts('html'))
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender report --html report.html', 'writes the page of the latest campaign'],
          ['sender report --phases', 'shows when each phase of each server began'],
          ['sender report --json > report.json', 'keeps the numbers'],
        ],
        [3],
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, wanted: string | undefined, { html, phases }: ReportChoice) => {
        const { campaigns } = await daemon.status();
        const report = await daemon.report({ campaign: latestCampaign(campaigns, wanted).id });
        // A page is for others to read, too: the umask decides.
        if (html !== undefined) await writeText(html, reportPage(report), 0o666);
        if (json) output.json(report);
        else if (html === undefined)
          output.print(...reportText(report, { columns: output.size().columns, everyPhase: phases === true }));
        else output.print(`The report is in ${html}.`);
      }),
    );
  offer(program, senderCommands, 'log')
    .argument('[campaign]', 'the beginning of its id; the latest when it is left out')
    .option('--follow', optionText(senderCommands.follow))
    .addHelpText('after', epilogue([['sender log --follow', 'follows the latest campaign, one entry on each line']], [3]))
    .action(
      asks(terminal, async ({ daemon, output, json, signal }, wanted: string | undefined, { follow }: { follow?: true }) => {
        const { campaigns } = await daemon.status();
        const { id: campaign, moves } = latestCampaign(campaigns, wanted);
        const lineOf = factLines(moves);
        const show = (fact: object): void => (json ? output.json(fact) : output.print(lineOf(fact as Dated<Fact>)));
        if (follow) for await (const fact of daemon.follow({ campaign }, signal)) show(fact);
        else if (json) output.json(await daemon.log({ campaign }));
        else for (const fact of await daemon.log({ campaign })) show(fact);
      }),
    );
}
