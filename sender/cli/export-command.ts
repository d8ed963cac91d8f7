import type { Command } from 'commander';
import { confirm, confirmable } from '../../shared/cli/confirm.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf } from '../../shared/cli/registered-command.ts';
import { showBytes } from '../../shared/print/units.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';
import { writeBundle } from './bundle-file.ts';
import { exportEffects } from './effects.ts';
import { choosing, type SelectionFlags, selectionOf } from './selection.ts';
import { showConcerns } from './show-concerns.ts';
import { watchedExits, watchQuietly } from './watch.ts';

interface ExportChoice extends SelectionFlags {
  readonly to: string;
  readonly campaign?: string;
  readonly yes?: true;
}

/** Adds the command that writes a bundle. */
export function addExportCommand(program: Command, terminal: Terminal): void {
  confirmable(choosing(program.command('export')))
    .description(`${senderCommands.beginExport.does} ${senderCommands.bundle.does}`)
    .requiredOption('--to <file>', 'where the bundle goes; - for stdout')
    .option('--campaign <id>', 'write the bundle of an export that was begun before; may be repeated')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender export --project shop --to shop.tar', 'asks, then stops the servers of a project and writes them into a file'],
          ['sender export --campaign 3f2a --to - > /dev/st0', 'once more, onto a tape'],
        ],
        [...exitsOf(senderCommands.capture, senderCommands.beginExport, senderCommands.bundle), ...watchedExits],
      ),
    )
    .action(
      asks(terminal, async (asking, chosen: ExportChoice) => {
        const { daemon, output, json, signal } = asking;
        let { campaign } = chosen;
        if (campaign === undefined) {
          const selection = selectionOf(chosen);
          if (chosen.yes !== true)
            await confirm(asking, chosen.yes, exportEffects((await daemon.capture(selection)).document), 'Stop and export them?');
          const begun = await daemon.beginExport(selection);
          ({ campaign } = begun);
          showConcerns(begun.concerns, output);
          output.tell(`Campaign ${campaign} stops the servers and freezes their disks.`);
        }
        await watchQuietly(asking, campaign);
        const bytes = await writeBundle(daemon.bundle({ campaign }, signal), chosen.to, signal);
        const says = `The bundle is complete: ${showBytes(bytes)}. The servers stay stopped. Run \`sender commit\` once they run elsewhere, or \`sender rollback\`.`;
        if (json && chosen.to !== '-') output.json({ campaign, file: chosen.to, bytes });
        else output.tell(says);
      }),
    );
}
