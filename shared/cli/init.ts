import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { claimDurably } from '../durable.ts';
import { Problem } from '../problem.ts';
import type { Cli } from './program.ts';

/**
 * Writes the example to the configuration's place unless there is one, and makes the folders it
 * names (0700). `folders` reads the configuration; its complaints are the command's own.
 */
export async function initialise(cli: Cli, example: URL, folders: () => Promise<readonly string[]>): Promise<void> {
  const { configFile, output, json } = cli;
  const wrote = await writeExample(configFile, await readFile(example, 'utf8'));
  const made: string[] = [];
  for (const folder of await folders()) {
    if ((await make(folder)) !== undefined) made.push(folder);
  }
  if (json) output.json({ config: configFile, wrote, made });
  else {
    output.print(
      wrote ? `Wrote ${configFile}.` : `${configFile} exists and is kept.`,
      ...made.map((folder) => `Made ${folder}.`),
      `Next: say in ${configFile} how the cloud is reached (\`cloud\`), then run \`doctor\`.`,
    );
  }
}

/**
 * Writes the example, readable by the daemon's group but not by others: settings may be
 * confidential.
 */
async function writeExample(file: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    // Never half of it: a file that exists is kept.
    return await claimDurably(file, text, 0o640);
  } catch (error) {
    throw new Problem('E_CONFIG', `${file} cannot be written: ${(error as Error).message}.`, {
      about: file,
      cause: error,
      hint: 'Run the command as root, or name another place with `--config FILE`.',
    });
  }
}

async function make(folder: string): Promise<string | undefined> {
  return await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
    const hint = 'Run the command as root, or give another `state` in the configuration.';
    throw new Problem('E_STATE_DAMAGED', `${folder} cannot be made: ${cause.message}.`, { about: folder, cause, hint });
  });
}
