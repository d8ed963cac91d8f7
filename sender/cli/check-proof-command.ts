import { type Command, Option } from 'commander';
import { type CheckedProof, checkProof } from '../../protocol/proof/check-proof.ts';
import { cliOf, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { readText } from '../../shared/operator-file.ts';
import { visible } from '../../shared/print/text.ts';
import { showTime } from '../../shared/print/units.ts';
import { Problem } from '../../shared/problem.ts';
import { endWithResult } from './end-with-result.ts';

interface KeyChoice {
  readonly sender: string;
  readonly receiver: string;
}

/** Adds `check-proof`, which needs no daemon, no cloud and no network. */
export function addCheckProofCommand(program: Command, terminal: Terminal): void {
  program
    .command('check-proof')
    .description('Check a proof that `sender verify --proof` wrote. No daemon, no cloud and no network is needed.')
    .argument('<file>', 'the proof')
    .addOption(new Option('--sender <fingerprint>', 'of the sender’s key, as `receiver peers` shows it').makeOptionMandatory())
    .addOption(new Option('--receiver <fingerprint>', 'of the receiver’s key, as `sender peers` shows it').makeOptionMandatory())
    .addHelpText(
      'after',
      epilogue(
        [
          [
            'sender check-proof proof.json --sender 6f1c… --receiver 90ab…',
            'checks every byte of the file; blanks and colons in the fingerprints do not count',
          ],
        ],
        [30, 31, 32],
      ),
    )
    .action(async function (this: Command, file: string, keys: KeyChoice) {
      const { output, json } = cliOf(this, terminal);
      const signers = { sender: plain(keys.sender), receiver: plain(keys.receiver) };
      const proof = checkProof(await readText(file), signers, file);
      const { lines, omitted, worst, wrong_disks } = proof.sender;
      const result = {
        campaign: proof.sender.campaign,
        at: proof.sender.at,
        plan: proof.sender.plan,
        disks: proof.sender.disks,
        resources: { equal: proof.equal, adopted: proof.adopted, others: proof.others },
        lines,
        omitted,
        worst,
        wrong_disks,
        waivers: proof.waivers,
      };
      endWithResult({ output, json }, result, () => output.print(...checkedLines(proof)), problemOf(proof));
    });
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(/[\s:]/g, '').toLowerCase();
}

function checkedLines({ sender, receiver, waivers, equal, adopted, others }: CheckedProof): string[] {
  const read = sender.disks.filter(({ sha256 }) => sha256 !== null).length;
  const told = sender.lines.filter(({ is }) => is !== 'told');
  return [
    `Both signatures are good. Campaign ${sender.campaign}: the source read ${showTime(sender.at)}, the destination until ${showTime(receiver.at)} UTC.`,
    `Plan ${sender.plan}`,
    ...sender.disks.map(({ disk, root }) => `Disk ${visible(disk)}: root ${root ?? 'not known'}`),
    `Of ${sender.disks.length} disks ${read} were read again, and ${sender.wrong_disks} are not what they should be.`,
    `Of ${sender.resources.length} resources ${equal} have the same canonical digest on both sides, and ${adopted.length} were adopted.`,
    ...(others.length === 0 ? [] : [`Others have a different digest, or were not read whole: ${others.map(visible).join(', ')}`]),
    ...told.map((line) => visible(`${line.is}: ${line.ref} ${line.name}: ${line.says}`)),
    ...waivers.map((one) => visible(`waived until ${one['until']} by ${one['owner']}: ${one['resource']} ${one['attribute']}`)),
  ];
}

/** What both daemons signed may be that something differs. */
function problemOf({ sender: { worst, wrong_disks } }: CheckedProof): Problem | undefined {
  if (wrong_disks > 0) return new Problem('E_ROOT_MISMATCH', `The proof says that ${wrong_disks} disks differ.`);
  if (worst === null) return undefined;
  return new Problem(worst === 'serious' ? 'E_DIFFERENT' : 'E_DIFFERENT_MINOR', 'The proof says that attributes differ.');
}
