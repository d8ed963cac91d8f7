import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import type { Output } from '../../shared/print/output.ts';
import { type Column, table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes } from '../../shared/print/units.ts';
import { Problem } from '../../shared/problem.ts';
import type { DiskVerdict } from '../campaign/verify.ts';
import { senderCommands } from '../control/registry.ts';
import { diskName, widestName } from '../report/names.ts';
import { toldApart } from '../report/server-names.ts';
import { asks } from './ask.ts';
import { chooseCampaign } from './choose-campaign.ts';
import { endWithResult } from './end-with-result.ts';

/** Adds `verify`: both sides of a finished campaign, read again. */
export function addVerifyCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'verify')
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender verify', 'reads every disk of the only campaign that is ready; takes as long as reading takes'],
          ['sender verify --json | jq .disks[].agrees', 'asks for the verdicts'],
        ],
        [3, 10, 20, 30, 40],
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, wanted: string | undefined) => {
        const { campaigns } = await daemon.status();
        const { id: campaign } = chooseCampaign(campaigns, wanted, 'verify');
        const disks = await daemon.verify({ campaign });
        const wrong = disks.filter(({ agrees }) => !agrees).length;
        const problem = wrong === 0 ? undefined : differing(wrong, disks.length);
        const print = (): void => output.print(...verdictLines(toldApart(disks), output));
        endWithResult({ output, json }, { campaign, disks }, print, problem);
      }),
    );
}

/** A table of the disks, then what is wrong with each that differs. */
function verdictLines(disks: readonly DiskVerdict[], output: Output): string[] {
  const columns: Column<DiskVerdict>[] = [
    { title: 'SERVER', show: ({ name }) => visible(name), most: widestName },
    { title: 'DISK', show: ({ disk, server }) => visible(diskName(disk, server)), most: widestName },
    { title: 'SIZE', show: ({ sizeBytes }) => showBytes(sizeBytes), align: 'right' },
    { title: 'RESULT', show: ({ agrees }) => output.style(agrees ? 'green' : 'red', agrees ? 'same' : 'DIFFERS') },
  ];
  const wrong = disks.filter(({ agrees }) => !agrees);
  const below =
    wrong.length > 0
      ? wrong.map(({ name, disk, server, says }) => `${visible(name)}, ${visible(diskName(disk, server))}: ${visible(says)}`)
      : ["Same: at the source, in the receiver's copy and in the image at the destination."];
  return [...table(disks, columns, output.size().columns), '', ...below];
}

function differing(wrong: number, all: number): Problem {
  return new Problem('E_ROOT_MISMATCH', `${wrong} of ${all} disks are not what they should be.`, {
    hint: 'Do not commit. `sender rollback` starts the source servers again; their own disks were only read.',
  });
}
