import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { epilogue, type Stage } from '../../shared/cli/program.ts';
import { visible } from '../../shared/print/text.ts';
import { Problem } from '../../shared/problem.ts';
import { reportPage } from '../report/page.ts';
import { reportText } from '../report/text.ts';
import { asks } from './ask.ts';
import { latestCampaign } from './choose-campaign.ts';

interface ReportChoice {
  readonly html?: string;
  readonly text?: true;
}

/** Adds the commands that look back: report and log. */
export function addReportCommands(program: Command, stage: Stage): void {
  program
    .command('report')
    .description('Show what a campaign did: times of every stage, bytes, downtime and digests per server, and its totals.')
    .argument('[campaign]', 'the beginning of its id; the latest when it is left out')
    .addOption(new Option('--html <file>', 'write a page for a browser, complete in itself').conflicts('text'))
    .option('--text', 'print text (the default)')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender report --html report.html', 'writes the page of the latest campaign'],
          ['sender report --json > report.json', 'keeps the numbers'],
        ],
        [3],
      ),
    )
    .action(
      asks(stage, async ({ daemon, output, json }, wanted: string | undefined, { html }: ReportChoice) => {
        const { campaigns } = await daemon.status();
        const report = await daemon.report(latestCampaign(campaigns, wanted).id);
        if (html !== undefined) await writePage(html, reportPage(report));
        if (json) output.json(report);
        else if (html === undefined) output.print(...reportText(report, output.size().columns));
        else output.print(`The report is in ${html}.`);
      }),
    );
  program
    .command('log')
    .description('Show the journal of a campaign: every fact in order, as it was made durable.')
    .argument('[campaign]', 'the beginning of its id; the latest when it is left out')
    .option('--follow', 'stay and show new facts as they come')
    .addHelpText('after', epilogue([['sender log --follow', 'follows the latest campaign, one fact a line']], [3]))
    .action(
      asks(stage, async ({ daemon, output, json, signal }, wanted: string | undefined, { follow }: { follow?: true }) => {
        const { campaigns } = await daemon.status();
        const { id } = latestCampaign(campaigns, wanted);
        const show = (fact: object): void => (json ? output.json(fact) : output.print(factLine(fact)));
        if (follow) for await (const fact of daemon.follow(id, signal)) show(fact);
        else if (json) output.json(await daemon.log(id));
        else for (const fact of await daemon.log(id)) show(fact);
      }),
    );
}

/** A fact for people: its time, then its fields. */
function factLine(fact: object): string {
  const { at, ...fields } = fact as { readonly at?: string } & Readonly<Record<string, unknown>>;
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return visible(`${at ?? ''} ${shown.join(' ')}`.trim());
}

async function writePage(file: string, page: string): Promise<void> {
  await writeFile(file, page).catch((error: Error) => {
    throw new Problem('E_USAGE', `${file} cannot be written: ${error.message}.`, { about: file, cause: error });
  });
}
