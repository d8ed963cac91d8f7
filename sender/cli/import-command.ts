import type { Command } from 'commander';
import { cliOf, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { readJson, writeText } from '../../shared/operator-file.ts';
import { importOldConfigurations } from '../plan/import.ts';

/** Adds the command that reads documents of the older sender; it needs no daemon and no cloud. */
export function addImportCommand(program: Command, terminal: Terminal): void {
  program
    .command('import')
    .description('Turn a document of the older sender into a configurations.json of this release.')
    .argument('<file>', 'the older document')
    .option('-o, --output <file>', 'where to write the new one; stdout when it is left out')
    .addHelpText(
      'after',
      epilogue([['sender import old.json -o configurations.json', 'then read it; capture the project where more is needed']], []),
    )
    .action(async function (this: Command, file: string, { output: target }: { readonly output?: string }) {
      const { output, json } = cliOf(this, terminal);
      const document = importOldConfigurations(await readJson(file), file);
      const text = `${JSON.stringify(document, undefined, 2)}\n`;
      if (target !== undefined) await writeText(target, text);
      if (json) output.json(target === undefined ? { document } : { file: target });
      else if (target === undefined) output.raw(text);
      else output.print(`Wrote ${target}: ${document.servers.length} servers, ${document.networks.length} networks.`);
    });
}
