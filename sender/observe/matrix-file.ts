import { stat } from 'node:fs/promises';
import type { Configurations } from '../../shared/model/configurations.ts';
import { Problem } from '../../shared/problem.ts';
import type { Resolve } from '../../shared/traffic/directory.ts';
import { importTraffic, longestImportBytes } from '../../shared/traffic/import.ts';
import type { Traffic } from '../../shared/traffic/matrix.ts';
import { importOlder } from '../../shared/traffic/older.ts';
import { readText } from '../cli/file.ts';

/** Reads a matrix that people made: CSV, JSON, our own traffic.json, or the older analyser's input. Its time is `forMs` up to its last change. */
export async function readMatrix(
  file: string,
  documents: readonly Configurations[],
  resolve: Resolve,
  forMs: number,
): Promise<Traffic> {
  const { size, mtime } = await stat(file).catch((error: unknown) => {
    throw new Problem('E_USAGE', `${file} cannot be read.`, { about: file, cause: error });
  });
  if (size > longestImportBytes)
    throw new Problem('E_TRAFFIC', `${file} is longer than ${longestImportBytes} bytes.`, { about: file });
  const text = await readText(file);
  if (/\bflow_matrix\s*=/.test(text)) return importOlder(text, file, mtime).traffic;
  return importTraffic(text, {
    servers: documents.flatMap(({ servers }) => servers),
    resolve: (address) => {
      const whose = resolve(address, null, mtime.getTime());
      return whose.is === 'server' ? whose.id : whose.is === 'outside' ? 'outside' : null;
    },
    ...{ from: new Date(mtime.getTime() - forMs), until: mtime, about: file },
  });
}
