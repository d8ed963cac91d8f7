import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** The types that a text declares outside functions; a schema and the type of its name are one. */
function typesIn(text: string): string[] {
  const declared = text.matchAll(
    /^(?:export )?(?:abstract )?(?:(?:type|interface|class) ([A-Z]\w*)|const ([A-Z]\w*)\b[^=]*=\s*z\b)/gm,
  );
  return [...new Set([...declared].map(([, type, schema = '']) => type ?? schema))];
}

test('a name means one type: no two files of the product declare a type of the same name', async () => {
  const files = new Map<string, string[]>();
  for await (const file of glob('{sender,receiver,protocol,shared}/**/*.ts', { cwd: root }))
    for (const name of typesIn(await readFile(join(root, file), 'utf8'))) files.set(name, [...(files.get(name) ?? []), file]);
  expect(files.size).toBeGreaterThan(300);
  expect([...files].filter(([, places]) => places.length > 1)).toEqual([]);
});

test('every way to declare a type is noticed', () => {
  const text =
    'export type A = 1;\ninterface B {}\nexport abstract class C {}\nexport const D = z.int();\nexport type D = 2;\n  type E = 3;';
  expect(typesIn(text)).toEqual(['A', 'B', 'C', 'D']);
});
