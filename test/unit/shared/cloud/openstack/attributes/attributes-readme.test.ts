import { describe, expect, test } from 'vitest';
import type { Attribute } from '../../../../../../shared/cloud/openstack/attributes/attribute.ts';
import { tables } from '../../../../../../shared/cloud/openstack/attributes/tables.ts';
import { factsOf } from '../../../../../../shared/model/kinds.ts';
import { type Kind, kinds, schemas } from '../../../../../../shared/model/resource.ts';

const readme = '../../../../../../shared/cloud/openstack/attributes/README.md';

const introduction = `# Every attribute of OpenStack's answers, and what becomes of it

This file is written from the tables beside it: \`npx vitest run --config test/vitest.config.ts --project unit attributes/readme --update\`.

- _carried_: the same at the destination; created so, and compared after. A difference that harms no guest is told in the report; any other stops the move.
- _mapped_: the plan, or what is built before it, says what it becomes.
- _derived_: each cloud works it out by itself.
- _told_: it cannot be carried, and a capture says so where it has a value (\`<kind>.not_carried\`).

An attribute that is not named here and has a value is told as well (\`<kind>.unknown_attribute\`). One that needs an extension of Neutron or a
microversion of Nova which the destination lacks is told before the first write (\`<kind>.unsupported_attribute\`); it blocks the plan where it says _vital_.
`;

function lineOf(row: Attribute): string {
  const needs = row.needs === undefined ? '' : `\`${row.needs}\`${row.vital === true ? ', vital' : ''}`;
  const api = row.api === null ? '–' : `\`${row.api}\``;
  const field = row.field === undefined ? '–' : `\`${row.field}\``;
  const reason = [row.why, row.concern && `\`${row.concern}\``].filter(Boolean).join('; ');
  return `| ${api} | ${row.fate} | ${field} | ${row.sent ?? '–'} | ${needs} | ${reason} |`;
}

function sectionOf(kind: Kind): string {
  const rows = tables[kind].map(lineOf).join('\n');
  return `## ${factsOf[kind].plural}\n\n| attribute | fate | our field | sent | needs | reason |\n| --- | --- | --- | --- | --- | --- |\n${rows}\n`;
}

describe('the tables of attributes', () => {
  test('are written out in the folder’s README', async () => {
    await expect([introduction, ...kinds.map(sectionOf)].join('\n')).toMatchFileSnapshot(readme);
  });

  test.each(kinds.map((kind) => [kind]))('have every field of a %s in configurations.json, and no other', (kind: Kind) => {
    const fields = tables[kind].flatMap(({ field }) => field ?? []);
    const ofEvery = ['id', 'name', 'needs'];
    const wanted = Object.keys(schemas[kind].shape).filter((field) => !ofEvery.includes(field));
    expect(fields.filter((field) => field !== 'name').sort()).toEqual(wanted.sort());
  });

  test.each(kinds.map((kind) => [kind]))('name no attribute of a %s twice, and say why one is not carried', (kind: Kind) => {
    const names = tables[kind].flatMap(({ api }) => api ?? []);
    expect([...new Set(names)]).toEqual(names);
    expect(tables[kind].filter(({ fate, why }) => (fate === 'told' || fate === 'derived') && !why)).toEqual([]);
  });

  test.each(kinds.map((kind) => [kind]))('have for a %s the schema’s defaults', (kind: Kind) => {
    const shape = schemas[kind].shape as Record<string, { safeParse(value: undefined): { success: boolean; data?: unknown } }>;
    for (const row of tables[kind]) {
      const parsed = row.field === undefined ? undefined : shape[row.field]?.safeParse(undefined);
      if (row.field !== 'name' && parsed?.success === true) expect([row.field, row.default]).toEqual([row.field, parsed.data]);
    }
  });
});
