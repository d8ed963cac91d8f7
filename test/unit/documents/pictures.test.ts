import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

test.each(['.readme/picture.svg', '.readme/order.svg', 'test/bench/results.svg'])(
  '%s has colours for a dark page, and none that would stand above them',
  async (file) => {
    const picture = await readFile(join(root, file), 'utf8');
    expect(picture).toContain('@media (prefers-color-scheme: dark)');
    expect(picture.match(/<(?:text|rect)[^>]* style="fill:/g)).toBeNull();
    expect(picture.match(/<rect[^>]*fill="#ffffff"/g)).toBeNull();
  },
);
