import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { epilogue, type Stage } from '../../shared/cli/program.ts';
import { readYaml } from '../../shared/config.ts';
import { Mappings } from '../../shared/model/mappings.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes } from '../../shared/print/units.ts';
import { Problem } from '../../shared/problem.ts';
import { asks } from './ask.ts';

interface ImportOptions {
  readonly check?: true;
  readonly mappings?: string;
}

/** Adds the commands about bundles: import, commit, rollback. */
export function addBundleCommands(program: Command, stage: Stage): void {
  program
    .command('import')
    .description(
      'Rebuild a tenant from a bundle that `sender export` wrote: the network side, then each server as soon as its disks are verified. Repeat it with the same bundle to go on.',
    )
    .argument('<bundle>', 'the file, or - for stdin')
    .option('--check', 'only read the bundle to its end, verify it, and say what would be created and what stands in the way')
    .option('--mappings <file>', 'YAML with flavors, networks, gateways, floating_ips as in a plan, over what is proposed')
    .addHelpText(
      'after',
      epilogue(
        [
          ['receiver import tenant.tar', 'from a file'],
          ['receiver import --check tenant.tar', 'verifies the whole file; nothing is written'],
          ['ssh source sender export --project shop --to - | receiver import -', 'through a pipe'],
        ],
        [3, 20, 21, 30, 40],
      ),
    )
    .action(
      asks(stage, async ({ daemon, output, json, signal }, file: string, { check, mappings }: ImportOptions) => {
        const wanted = mappings === undefined ? Mappings.parse({}) : await readYaml(mappings, Mappings, 'E_PLAN');
        const bytes = await bytesOf(file);
        for await (const news of check === true ? daemon.check(bytes, wanted, signal) : daemon.import(bytes, wanted, signal)) {
          if (json) output.json(news);
          else output.print(visible(news.says));
        }
      }),
    );
  ending(
    program.command('commit'),
    'Keep what an import built, and free its staged disks; there is no way back here then.',
    'commit',
  ).action(
    asks(stage, async ({ daemon, output, json }, campaign: string) => {
      const done = await daemon.commit(campaign);
      if (json) output.json(done);
      else
        output.print(`Committed; ${showBytes(done.freedBytes)} were freed. \`sender commit\` ends the way back at the source.`);
    }),
  );
  ending(program.command('rollback'), 'Remove exactly what an import created, last first.', 'rollback').action(
    asks(stage, async ({ daemon, output, json }, campaign: string) => {
      const done = await daemon.rollback(campaign);
      if (json) output.json(done);
      else
        output.print(`Rolled back: ${done.removed} things were removed. \`sender rollback\` starts the servers at the source.`);
    }),
  );
}

function ending(command: Command, says: string, name: string): Command {
  return command
    .description(says)
    .argument('<campaign>', 'its id, or the beginning of it, as `receiver status` shows it')
    .addHelpText(
      'after',
      epilogue(
        [[`receiver ${name} 3f2a`, 'for a campaign that came as a bundle; any other is its sender’s to end']],
        [3, 20, 40],
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
