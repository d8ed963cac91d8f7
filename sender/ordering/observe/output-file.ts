import { access, readFile } from 'node:fs/promises';
import { writeDurably } from '../../../shared/durable.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import { type FlowMatrix, parseMatrix } from '../traffic/matrix.ts';
import { mergeMatrices } from '../traffic/merge-matrices.ts';

/**
 * Reads the output file of an earlier observation before a new one begins. An existing file is
 * never overwritten, for it may hold days.
 */
export async function readEarlierMatrix(file: string, merge: boolean): Promise<FlowMatrix | null> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) return null;
  if (!merge)
    throw new Problem('E_USAGE', `${file} exists already.`, {
      about: file,
      hint: 'Add to it with --merge, or name another file.',
    });
  try {
    return parseMatrix(JSON.parse(await readFile(file, 'utf8')), file);
  } catch (error) {
    const problem = asProblem(error);
    throw problem.code === 'E_BUG' ? new Problem('E_TRAFFIC', `${file} is not JSON.`, { about: file, cause: error }) : problem;
  }
}

/**
 * Writes what was observed, merged with the earlier matrix. If the two cannot be merged, it writes
 * a new file beside.
 */
export async function writeMatrix(file: string, before: FlowMatrix | null, seen: FlowMatrix): Promise<FlowMatrix> {
  const text = (traffic: FlowMatrix): string => `${JSON.stringify(traffic, undefined, 1)}\n`;
  let whole: FlowMatrix;
  try {
    whole = before === null ? seen : mergeMatrices(before, seen);
  } catch (error) {
    const beside = `${file}.${Date.now()}`;
    await writeDurably(beside, text(seen));
    throw new Problem('E_TRAFFIC', `${asProblem(error).message} This observation is in ${beside}; ${file} is unchanged.`, {
      about: file,
      cause: error,
    });
  }
  await writeDurably(file, text(whole));
  return whole;
}
