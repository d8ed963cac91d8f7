import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ConcernRow, concernTable, rowOfConcern, wayTexts } from '../../../../shared/model/concern-table.ts';

const root = join(import.meta.dirname, '../../../..');
const readme = '../../../../shared/cloud/openstack/preflight/README.md';

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

function lineOf({ code, cause, ways }: ConcernRow): string {
  const onward = ways?.map((way) => wayTexts[way]).join(', or ') ?? '';
  return `| \`${code}\` | ${ways === undefined ? 'told' : 'fatal'} | ${cause} | ${onward} |`;
}

const introduction = `# Every concern: its code, its cause, and the way on

This file is written from [the table](../../../model/concern-table.ts): \`npx vitest run --config test/vitest.config.ts --project unit concern-table --update\`.

A capture and preflight look at both clouds before anything is written. What they find is of two kinds. _Told_: it harms no guest, or is
for the operator to judge; the campaign starts, and its report names it again. _Fatal_: the campaign does not start, until the cloud is
changed, or the plan goes another way. Each concern says what to change at the cloud; the table says what to write in the plan. After the stop of
a server, too, only a fatal difference stops its move.

\`*\` stands for a kind of resource, or for the name of a quota.
`;

describe('the table of concerns', () => {
  test('is written out in the README beside the rules', async () => {
    const head = '| code | kind | cause | way on in the plan |\n| --- | --- | --- | --- |\n';
    await expect(`${introduction}\n${head}${concernTable.map(lineOf).join('\n')}\n`).toMatchFileSnapshot(readme);
  });

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
