import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ConcernRow, concernTable, rowOfConcern } from '../../../../shared/model/concern-table.ts';

const root = join(import.meta.dirname, '../../../..');

function filesIn(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

const product = filesIn('shared', 'sender', 'receiver').filter((file) => !file.endsWith('concern-table.ts'));
const source = product.map((file) => readFileSync(file, 'utf8')).join('\n');

/** How the product writes a concern: by a helper, or as an object. */
const written = [
  /\b(?<severity>blocking|warning)\(\s*['`](?<code>[^'`]+)['`]/g,
  /code: ['`](?<code>[^'`]+)['`],\s*severity: '(?<severity>blocking|warning)'/g,
  /concern\(\s*['`](?<code>[^'`]+)['`],\s*'(?<severity>blocking|warning)'/g,
];

/** Every code with its severity, as the product writes them; a part that is filled in is a star. */
const found = written.flatMap((pattern) =>
  [...source.matchAll(pattern)].map(({ groups = {} }) => ({
    code: (groups['code'] ?? '').replaceAll(/\$\{[^}]+\}/g, '*'),
    isFatal: groups['severity'] === 'blocking',
  })),
);

describe('the table of concerns', () => {
  test('has every concern that the product finds', () => {
    expect(found.length).toBeGreaterThan(60);
    expect(found.filter(({ code }) => rowsOf(code).length === 0)).toEqual([]);
  });

  test('names a way on in the plan for every fatal concern', () => {
    const fatal = new Set(found.filter(({ isFatal }) => isFatal).map(({ code }) => code));
    const rows = [...fatal].flatMap(rowsOf);
    expect(rows.filter(({ ways = [] }) => ways.length === 0)).toEqual([]);
  });

  test('has no row twice, and none that the product no longer knows', () => {
    const codes = concernTable.map(({ code }) => code);
    expect([...new Set(codes)]).toEqual(codes);
    const isKnown = (code: string): boolean =>
      found.some((one) => rowOfConcern(one.code)?.code === code || isFilledIn(one.code, code)) ||
      isState(code) ||
      source.includes(`}${code.slice(1)}\``);
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });
});

/** The rows of a code as the product writes it, which may fill a part of it in. */
function rowsOf(code: string): ConcernRow[] {
  const row = rowOfConcern(code);
  return row === undefined ? concernTable.filter((one) => isFilledIn(code, one.code)) : [row];
}

/** Whether a code is one of those that the product fills in: `server.*_size`. */
function isFilledIn(pattern: string, code: string): boolean {
  return pattern.includes('*') && new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.+')}$`).test(code);
}

/** States of a server are rows of a table of their own. */
function isState(code: string): boolean {
  return code.startsWith('server.') && source.includes(`${code.slice('server.'.length).toUpperCase()}:`);
}
