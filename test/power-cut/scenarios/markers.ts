import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The markers of a campaign, by their path below `markers`; each MUST be whole. */
export async function markersIn(folder: string): Promise<string[]> {
  const root = join(folder, 'markers');
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files) JSON.parse(await readFile(file, 'utf8'));
  return files.map((file) => file.slice(root.length + 1));
}
