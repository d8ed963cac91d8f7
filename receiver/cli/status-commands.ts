import type { Command } from 'commander';
import { numberOf } from '../../shared/cli/number-option.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import type { Output } from '../../shared/print/output.ts';
import { table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes, showShare, showTime } from '../../shared/print/units.ts';
import type { DamagedLine, LedgerLine, ReceiverStatus } from '../control/commands/status.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds the commands that look: status and ledger. */
export function addStatusCommands(program: Command, terminal: Terminal): void {
  offer(program, receiverCommands, 'status')
    .option(
      '--ended <number>',
      'how many of the campaigns that are committed or removed are listed: the newest ten unless you say otherwise',
      numberOf(receiverCommands.status.params.shape.ended),
    )
    .addHelpText('after', epilogue([['receiver status --json', 'prints the same for a script']], [3]))
    .action(
      asks(terminal, async ({ daemon, output, json }, { ended }: { ended?: number }) => {
        const status = await daemon.status({ ended });
        if (json) output.json(status);
        else output.print(...statusLines(status, output));
      }),
    );
  offer(program, receiverCommands, 'ledger')
    .argument('[campaign]', 'only of this campaign')
    .addHelpText('after', epilogue([['receiver ledger --json', 'prints every line for a script']], [3]))
    .action(
      asks(terminal, async ({ daemon, output, json }, campaign: string | undefined) => {
        const lines = await daemon.ledger({ campaign });
        if (json) output.json({ ledger: lines });
        else {
          const damaged = lines.filter((line) => line.state === 'damaged');
          const whole = lines.filter((line) => line.state !== 'damaged');
          output.print(...ledgerTable(whole, output), ...damaged.map(damagedText));
        }
      }),
    );
}

function statusLines(status: ReceiverStatus, output: Output): string[] {
  const sessions = status.sessions.map(
    ({ peer, campaign, since, lanes }) =>
      `${visible(peer)} since ${showTime(since)} UTC${campaign === null ? '' : `, campaign ${campaign}, lanes for its data: ${lanes}`}`,
  );
  return [
    `listening  ${status.listening}`,
    `sender     ${sessions.length === 0 ? 'none is connected' : sessions.join('; ')}`,
    `staging    ${showBytes(status.stagingFreeBytes)} free`,
    ...(status.endedCampaigns === 0
      ? []
      : [`ended      ${status.endedCampaigns}; the newest of them are below (\`--ended NUMBER\` says how many)`]),
    ...status.campaigns.flatMap((campaign) => [
      '',
      `campaign   ${campaign.id}  ${campaign.state}, ${campaign.problem === undefined ? `${campaign.built} resources stand` : visible(campaign.problem)}${ownerText(campaign.owner)}`,
      ...(campaign.disks.length === 0 ? [] : diskTable(campaign.disks, output)),
    ]),
  ];
}

/** Whose a campaign is, where somebody may have to do something about it. */
function ownerText(owner: string | null): string {
  return owner === null ? '; its sender is not paired' : `, of ${visible(owner)}`;
}

function diskTable(disks: ReceiverStatus['campaigns'][number]['disks'], output: Output): string[] {
  return table(
    disks,
    [
      { title: '  DISK', show: (disk) => `  ${visible(disk.id)}` },
      { title: 'SIZE', show: (disk) => showBytes(disk.sizeBytes), align: 'right' },
      { title: 'DURABLE', show: (disk) => showShare(disk.durableBytes, disk.sizeBytes), align: 'right' },
      { title: 'MENDED', show: (disk) => `${disk.mended}`, align: 'right' },
      { title: 'STATE', show: (disk) => (disk.sealed ? 'verified' : 'copying') },
    ],
    output.size().columns,
  );
}

function damagedText({ campaign, problem }: DamagedLine): string {
  return `The ledger of campaign ${campaign} cannot be read: ${visible(problem)}`;
}

function ledgerTable(lines: readonly LedgerLine[], output: Output): string[] {
  return table(
    lines,
    [
      { title: 'CAMPAIGN', whole: true, show: (line) => line.campaign },
      { title: 'SOURCE', whole: true, show: (line) => visible(line.ref) },
      { title: 'STATE', show: (line) => line.state },
      { title: 'HOW', show: (line) => line.how ?? '-' },
      { title: 'DESTINATION', whole: true, show: (line) => line.id ?? '-' },
    ],
    output.size().columns,
  );
}
