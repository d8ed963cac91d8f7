import { readFile, writeFile } from 'node:fs/promises';
import { asProblem, Problem } from '../shared/problem.ts';

/**
 * Writes a file the operator named, readable by the operator alone; E_USAGE when it cannot be
 * written.
 */
export async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    const problem = asProblem(error);
    throw problem.code === 'E_BUG'
      ? new Problem('E_USAGE', `${file} cannot be written.`, { about: file, cause: error })
      : problem;
  }
}

/** Reads a file the operator named; E_USAGE when it cannot be read. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Problem('E_USAGE', `${file} cannot be read: ${(error as Error).message}.`, { about: file, cause: error });
  }
}

/** Reads a JSON file the operator named; E_DOCUMENT when it is not JSON. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('E_DOCUMENT', `${file} is not JSON.`, { about: file, cause: error });
  }
}
