import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The release this code belongs to, from package.json: beside the sources, or above `dist/` once
 * built.
 */
export const release = readRelease(import.meta.dirname);

function readRelease(start: string): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
  throw new Error(`No package.json above ${start}.`);
}
