import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { wholeId } from '../../shared/campaign-id.ts';
import { confirm, confirmable } from '../../shared/cli/confirm.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer, optionText } from '../../shared/cli/registered-command.ts';
import { readYaml } from '../../shared/config.ts';
import { Mappings } from '../../shared/model/mappings.ts';
import { leftText } from '../../shared/print/left-text.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes } from '../../shared/print/units.ts';
import { Problem } from '../../shared/problem.ts';
import { operator } from '../campaign/owner.ts';
import { mostEnded, type ReceiverStatus } from '../control/commands/status.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks, type ReceiverAsking } from './ask.ts';

interface ImportOptions {
  readonly check?: true;
  readonly mappings?: string;
}

interface Confirmed {
  readonly yes?: true;
}

/** Adds the commands about bundles: import, commit, rollback. */
export function addBundleCommands(program: Command, terminal: Terminal): void {
  offer(program, receiverCommands, 'import')
    .argument('<bundle>', 'the file, or - for stdin')
    .option('--check', optionText(receiverCommands.check))
    .option(
      '--mappings <file>',
      'YAML with flavors, networks, gateways, floating_ips as in a plan; it overrides what is proposed',
    )
    .addHelpText(
      'after',
      epilogue(
        [
          ['receiver import tenant.tar', 'from a file'],
          ['receiver import --check tenant.tar', 'verifies the whole file; nothing is written'],
          ['ssh source sender export --project shop --to - --yes | receiver import -', 'through a pipe'],
        ],
        exitsOf(receiverCommands.import, receiverCommands.check),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json, signal }, file: string, { check, mappings }: ImportOptions) => {
        const wanted = mappings === undefined ? Mappings.parse({}) : await readYaml(mappings, Mappings, 'E_PLAN');
        const bytes = await bytesOf(file);
        const read = check === true ? daemon.check : daemon.import;
        for await (const news of read({ mappings: wanted }, bytes, signal)) {
          if (json) output.json(news);
          else output.print(visible(news.says));
        }
      }),
    );
  ending(program, 'commit').action(
    asks(terminal, async (asking, wanted: string, { yes }: Confirmed) => {
      const { daemon, output, json } = asking;
      const { id: campaign, built, owner } = await campaignNamed(asking, wanted);
      const effects = [
        `Commit the import ${campaign}: ${built} resources stay for good.`,
        '  The disks staged for it are deleted. `receiver rollback` does not work afterwards.',
      ];
      if (owner === operator) await confirm(asking, yes, effects, 'Commit it?');
      const done = await daemon.commit({ campaign });
      if (json) {
        output.json(done);
        return;
      }
      output.print(`Committed; ${showBytes(done.freedBytes)} were freed. Run \`sender commit\` at the source, too.`);
      for (const line of leftText(done.left, `receiver commit ${campaign.slice(0, 8)}`)) output.print(visible(line));
    }),
  );
  ending(program, 'rollback').action(
    asks(terminal, async (asking, wanted: string, { yes }: Confirmed) => {
      const { daemon, output, json } = asking;
      const { id: campaign, built, owner } = await campaignNamed(asking, wanted);
      const effects = [
        `Roll back the import ${campaign}: what it created of ${built} resources is removed, servers with their disks.`,
        '  What was written to these servers since they run here is LOST.',
      ];
      if (owner === operator) await confirm(asking, yes, effects, 'Roll it back?');
      const done = await daemon.rollback({ campaign });
      if (json) output.json(done);
      else {
        const released = done.released === 0 ? '' : `, and ${done.released} that were there before were released as they are`;
        output.print(
          `Rolled back: ${done.removed} things were removed${released}. \`sender rollback\` at the source starts the servers there.`,
        );
      }
    }),
  );
}

/**
 * A campaign as `receiver status` shows it, by the beginning of its id. What is not the operator's
 * own the daemon refuses: there is nothing to ask first. Throws E_NOT_FOUND.
 */
async function campaignNamed({ daemon }: ReceiverAsking, wanted: string): Promise<ReceiverStatus['campaigns'][number]> {
  // One that was committed may be committed again.
  const { campaigns } = await daemon.status({ ended: mostEnded });
  const id = wholeId(
    wanted,
    campaigns.map((campaign) => campaign.id),
  );
  const found = campaigns.find((campaign) => campaign.id === id);
  if (found === undefined) throw new Problem('E_BUG', `Campaign ${id} is in no list.`);
  return found;
}

function ending(program: Command, name: 'commit' | 'rollback'): Command {
  return confirmable(offer(program, receiverCommands, name))
    .argument('<campaign>', 'its id, or the beginning of it, as `receiver status` shows it')
    .addHelpText(
      'after',
      epilogue(
        [[`receiver ${name} 3f2a`, 'only for a campaign that came as a bundle; its sender ends any other']],
        exitsOf(receiverCommands[name]),
      ),
    );
}

async function bytesOf(file: string): Promise<AsyncIterable<Buffer>> {
  if (file === '-') return process.stdin;
  await access(file).catch((cause: Error) => {
    throw new Problem('E_USAGE', `${file} cannot be read: ${cause.message}.`, { about: file, cause });
  });
  return createReadStream(file, { highWaterMark: 1024 * 1024 });
}
