import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Configurations } from '../../../../shared/model/configurations.ts';
import { factsOf } from '../../../../shared/model/kinds.ts';
import { type Kind, kinds, schemas } from '../../../../shared/model/resource.ts';

const readme = readFileSync(new URL('../../../../shared/model/README.md', import.meta.url), 'utf8');
const ofEvery = ['id', 'name', 'needs'];

function fieldsIn(section: string): string[] {
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')).sort();
}

function sectionOf(heading: string): string {
  const start = readme.indexOf(`\n${heading}\n`);
  expect(start, `README has no section ${heading}`).toBeGreaterThan(0);
  const rest = readme.slice(start + heading.length + 2);
  return rest.slice(0, rest.search(/^##/m) >= 0 ? rest.search(/^##/m) : undefined);
}

describe('the documentation of configurations.json', () => {
  test.each(kinds.map((kind) => [kind]))('names every field of a %s, and no other', (kind: Kind) => {
    const fields = Object.keys(schemas[kind].shape).filter((field) => !ofEvery.includes(field));
    expect(fieldsIn(sectionOf(`### ${factsOf[kind].plural}`))).toEqual(fields.sort());
  });

  test('names every key of the document', () => {
    const keys = Object.keys(Configurations.shape).filter((key) => !kinds.some((kind) => factsOf[kind].plural === key));
    const told = fieldsIn(sectionOf('## configurations.json'));
    for (const key of keys) expect(told).toContain(key);
  });
});
