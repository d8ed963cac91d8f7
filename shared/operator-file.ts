import { readFile, writeFile } from 'node:fs/promises';
import { asProblem, Problem, type ProblemCode } from './problem.ts';

/**
 * Writes a file the operator named, readable by the operator alone unless another mode is given;
 * E_USAGE when it cannot be written.
 */
export async function writeText(file: string, text: string, mode = 0o600): Promise<void> {
  try {
    await writeFile(file, text, { mode });
  } catch (error) {
    const problem = asProblem(error);
    throw problem.code === 'E_BUG'
      ? new Problem('E_USAGE', `${file} cannot be written: ${(error as Error).message}.`, { about: file, cause: error })
      : problem;
  }
}

/**
 * Reads a file the operator named. Throws a problem of the given code when it cannot be read, with
 * a hint for one that is not there.
 */
export async function readText(file: string, code: ProblemCode = 'E_USAGE', absentHint?: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isAbsent) throw new Problem(code, `There is no file ${file}.`, { about: file, hint: absentHint });
    throw new Problem(code, `${file} cannot be read: ${(error as Error).message}.`, { about: file, cause: error });
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
