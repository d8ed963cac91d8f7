import { type Command, Option } from 'commander';
import type { SignedProof } from '../../protocol/proof/proof.ts';
import { fingerprintOfKey } from '../../protocol/proof/signature.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { readYaml } from '../../shared/config.ts';
import { writeText } from '../../shared/operator-file.ts';
import type { Output } from '../../shared/print/output.ts';
import { type Column, table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes } from '../../shared/print/units.ts';
import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import type { Verification } from '../campaign/compare/verification.ts';
import { Waivers } from '../campaign/compare/waivers.ts';
import type { DiskVerdict } from '../campaign/verify.ts';
import { senderCommands } from '../control/registry.ts';
import { diskName, widestName } from '../report/names.ts';
import { toldApart } from '../report/server-names.ts';
import { verificationPage } from '../report/verification-page.ts';
import { comparisonText, noComparison } from '../report/verification-text.ts';
import { asks } from './ask.ts';
import { chooseCampaign, latestCampaign } from './choose-campaign.ts';
import { endWithResult } from './end-with-result.ts';

interface VerifyChoice {
  readonly html?: string;
  readonly waivers?: string;
  readonly proof?: string;
  readonly bundle?: string;
}

/** Adds `verify`: both sides of a finished campaign, read again. */
export function addVerifyCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'verify')
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .addOption(new Option('--waivers <file>', 'differences that somebody answers for until a day (YAML)'))
    .addOption(new Option('--html <file>', 'write a page for a browser, complete in itself'))
    .addOption(new Option('--proof <file>', 'write what both sides have, signed by both daemons, for `sender check-proof`'))
    .addOption(new Option('--bundle <file>', 'the same').hideHelp().conflicts('proof'))
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender verify', 'reads both sides of the only campaign that is ready; takes as long as reading takes'],
          ['sender verify --waivers waivers.yaml', 'does not count what the file excuses'],
          ['sender verify --proof proof.json', 'writes a proof that others check without us'],
          ['sender verify --json | jq .disks[].agrees', 'asks for the verdicts'],
        ],
        exitsOf(senderCommands.status, senderCommands.verify),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, wanted: string | undefined, choice: VerifyChoice) => {
        const waivers = choice.waivers === undefined ? [] : (await readYaml(choice.waivers, Waivers, 'E_USAGE')).waivers;
        const { campaigns } = await daemon.status();
        const { id: campaign } = chosen(campaigns, wanted);
        const target = choice.proof ?? choice.bundle;
        const { proof, ...verification } = await daemon.verify({ campaign, waivers, proof: target !== undefined });
        // It is for others to read, as a page is: the umask decides.
        if (target !== undefined) await writeText(target, proof ?? '', 0o666);
        if (choice.html !== undefined) await writeText(choice.html, verificationPage(verification), 0o666);
        const print = (): void => {
          output.print(...verificationLines(verification, output));
          if (choice.html !== undefined) output.print(`The page is in ${choice.html}.`);
          if (target !== undefined) output.print(...proofLines(target, proof ?? ''));
        };
        endWithResult({ output, json }, verification, print, problemOf(verification));
      }),
    );
}

/** Where the proof is, and with which fingerprints it is checked. */
function proofLines(file: string, proof: string): string[] {
  const halves = JSON.parse(proof) as SignedProof;
  const [sender, receiver] = [halves.sender, halves.receiver].map(({ key }) => fingerprintOfKey(key) ?? '');
  return [
    `The proof is in ${file}. Anybody checks it with`,
    `  sender check-proof ${file} --sender ${sender} --receiver ${receiver}`,
  ];
}

/** The only campaign that is ready; where none is, the last that was committed. */
function chosen(campaigns: readonly CampaignStatus[], wanted: string | undefined): CampaignStatus {
  const committed = campaigns.filter(({ state }) => state === 'committed');
  const isNoneReady = campaigns.every(({ state }) => state !== 'ready');
  return wanted === undefined && isNoneReady && committed.length > 0
    ? latestCampaign(committed, undefined)
    : chooseCampaign(campaigns, wanted, 'verify');
}

function verificationLines({ disks, comparison }: Verification, output: Output): string[] {
  const { columns } = output.size();
  return [
    ...(disks.length === 0 ? [] : [...verdictLines(toldApart(disks), output), '']),
    ...(comparison === null ? [noComparison] : comparisonText(comparison, output, columns)),
  ];
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

/** The worst of what differs. */
function problemOf({ disks, comparison }: Verification): Problem | undefined {
  const wrong = disks.filter(({ agrees }) => !agrees).length;
  if (wrong > 0)
    return new Problem('E_ROOT_MISMATCH', `${wrong} of ${disks.length} disks are not what they should be.`, {
      hint: 'Do not commit. `sender rollback` starts the source servers again; their own disks were only read.',
    });
  if (comparison === null || comparison.worst === null) return undefined;
  const counts = Object.values(comparison.kinds);
  const different = counts.reduce((sum, one) => sum + one.different, 0);
  const changed = counts.reduce((sum, one) => sum + one.changed, 0);
  const says = [
    ...(different === 0 ? [] : [`${attributes(different)} at the destination`]),
    ...(changed === 0 ? [] : [`${attributes(changed)} at the source from what was captured`]),
  ];
  return new Problem(comparison.worst === 'serious' ? 'E_DIFFERENT' : 'E_DIFFERENT_MINOR', `${says.join(', and ')}.`);
}

function attributes(count: number): string {
  return count === 1 ? '1 attribute differs' : `${count} attributes differ`;
}
