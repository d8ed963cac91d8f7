import { stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { readText } from '../../../shared/operator-file.ts';
import { Problem } from '../../../shared/problem.ts';
import type { ResolveAddress } from './address-directory.ts';
import { importMatrix, longestImportBytes } from './import-matrix.ts';
import { importOlder, type OlderInput } from './import-older.ts';
import type { FlowMatrix } from './matrix.ts';

/**
 * Reads a matrix from CSV, JSON, `traffic.json` or the older analyser's input. A matrix without
 * times covers the `forMs` before the file's last change.
 */
export async function readMatrixFile(
  file: string,
  documents: readonly { readonly servers: readonly { readonly id: string; readonly name: string }[] }[],
  resolve: ResolveAddress,
  forMs: number,
): Promise<{ readonly traffic: FlowMatrix; readonly older: OlderInput | null }> {
  const { size, mtime } = await stat(file).catch((error: unknown) => {
    throw new Problem('E_USAGE', `${file} cannot be read.`, { about: file, cause: error });
  });
  if (size > longestImportBytes)
    throw new Problem('E_TRAFFIC', `${file} is longer than ${longestImportBytes} bytes.`, { about: file });
  const text = await readText(file);
  if (/\bflow_matrix\s*=/.test(text)) {
    const older = importOlder(text, file, mtime);
    return { traffic: older.traffic, older };
  }
  const traffic = importMatrix(text, {
    servers: documents.flatMap(({ servers }) => servers),
    resolve: (address) => {
      // A name that no server has is a mistake, not `outside`. Where no names are known, every word
      // is one.
      if (documents.length > 0 && isIP(address) === 0) return null;
      const whose = resolve(address, null, mtime.getTime());
      return whose.is === 'server' ? whose.id : whose.is === 'outside' ? 'outside' : null;
    },
    from: new Date(mtime.getTime() - forMs),
    until: mtime,
    about: file,
  });
  return { traffic, older: null };
}
