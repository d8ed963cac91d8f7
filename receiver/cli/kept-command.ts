import { type Command, Option } from 'commander';
import { confirm, confirmable } from '../../shared/cli/confirm.ts';
import { numberOf } from '../../shared/cli/number-option.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, optionText } from '../../shared/cli/registered-command.ts';
import type { Output } from '../../shared/print/output.ts';
import { table } from '../../shared/print/table.ts';
import { showBytes, showDuration } from '../../shared/print/units.ts';
import type { Freed, KeptCampaign, Unwanted } from '../campaign/kept.ts';
import { Days } from '../control/commands/kept.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

interface Options {
  readonly free?: string;
  readonly olderThan?: number;
  readonly all?: true;
  readonly yes?: true;
}

/** Adds the command about the disks that `keep_disks` keeps. */
export function addKept(program: Command, terminal: Terminal): void {
  confirmable(program.command('kept'))
    .description(`${receiverCommands.kept.does} With an option, ${optionText(receiverCommands.freeKept)}.`)
    .addOption(
      new Option('--free <campaign>', 'free those of one campaign: its id, or the beginning of it').conflicts([
        'olderThan',
        'all',
      ]),
    )
    .addOption(
      new Option('--older-than <days>', 'free those that were kept longer ago').argParser(numberOf(Days)).conflicts(['all']),
    )
    .option('--all', 'free every one')
    .addHelpText(
      'after',
      epilogue(
        [
          ['receiver kept', 'which campaigns, how much on disk, since when'],
          ['receiver kept --older-than 30', 'frees what was kept more than thirty days ago'],
        ],
        exitsOf(receiverCommands.kept, receiverCommands.freeKept),
      ),
    )
    .action(
      asks(terminal, async (asking, options: Options) => {
        const { daemon, output, json } = asking;
        const unwanted = unwantedBy(options);
        if (unwanted === null) {
          const kept = await daemon.kept();
          if (json) output.json({ kept });
          else if (kept.length === 0) output.print('No disks are kept.');
          else output.print(...keptTable(kept, output));
          return;
        }
        const chosen = chosenBy(unwanted, await daemon.kept());
        if (chosen.length > 0) await confirm(asking, options.yes, freeEffects(chosen), 'Delete them?');
        const done = await daemon.freeKept(unwanted);
        if (json) output.json(done);
        else output.print(...freedLines(done));
      }),
    );
}

function unwantedBy({ free, olderThan, all }: Options): Unwanted | null {
  if (free !== undefined) return { which: 'campaign', campaign: free };
  if (olderThan !== undefined) return { which: 'older', days: olderThan };
  return all === true ? { which: 'all' } : null;
}

function chosenBy(unwanted: Unwanted, kept: readonly KeptCampaign[]): readonly KeptCampaign[] {
  switch (unwanted.which) {
    case 'campaign':
      return kept.filter(({ campaign }) => campaign.startsWith(unwanted.campaign));
    case 'older':
      return kept.filter(({ keptAt }) => Date.parse(keptAt) < Date.now() - unwanted.days * 86_400_000);
    case 'all':
      return kept;
  }
}

function freeEffects(kept: readonly KeptCampaign[]): string[] {
  const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
  const names = kept.map(({ campaign }) => campaign.slice(0, 8)).join(', ');
  return [`Delete the kept disks of ${kept.length} campaigns (${names}): ${showBytes(bytes)}.`];
}

function keptTable(kept: readonly KeptCampaign[], output: Output): string[] {
  return table(
    kept,
    [
      { title: 'CAMPAIGN', whole: true, show: ({ campaign }) => campaign },
      { title: 'DISKS', show: ({ disks }) => `${disks}`, align: 'right' },
      { title: 'ON DISK', show: ({ bytes }) => showBytes(bytes), align: 'right' },
      { title: 'KEPT FOR', show: ({ keptAt }) => showDuration(Math.max(0, Date.now() - Date.parse(keptAt))), align: 'right' },
      { title: 'USED BY', whole: true, show: ({ usedBy }) => usedBy ?? '-' },
    ],
    output.size().columns,
  );
}

function freedLines({ freed, inUse }: Freed): string[] {
  const bytes = freed.reduce((sum, kept) => sum + kept.bytes, 0);
  return [
    `${showBytes(bytes)} were freed: the disks of ${freed.length} campaigns.`,
    ...inUse.map(({ campaign, usedBy }) => `Those of ${campaign} stay: campaign ${usedBy} takes blocks from them.`),
  ];
}
