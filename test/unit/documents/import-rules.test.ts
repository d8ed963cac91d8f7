import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');

interface Pattern {
  readonly group: readonly string[];
  readonly message: string;
}

interface Override {
  readonly includes: readonly string[];
  readonly linter: {
    readonly rules: {
      readonly style: { readonly noRestrictedImports: { readonly options: { readonly patterns: readonly Pattern[] } } };
    };
  };
}

/** The texts that a glob with braces stands for. */
function expanded(glob: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(glob);
  if (braces === null) return [glob];
  const [whole, list = ''] = braces;
  return list.split(',').flatMap((part) => expanded(glob.replace(whole, part)));
}

/** A file that a glob matches. */
const fileOf = (glob: string): string =>
  glob
    .replace(/^\*\*\/(\w+)\/\*\*$/, '../$1/planted.ts')
    .replace(/\*\*$/, 'planted.ts')
    .replaceAll('*', 'planted');

interface Rule {
  /** The files that it governs. */
  readonly files: readonly string[];
  readonly pattern: Pattern;
}

async function rulesOf(name: string): Promise<Rule[]> {
  const text = await readFile(join(root, '.biome', name), 'utf8');
  const { overrides } = JSON.parse(text) as { readonly overrides: readonly Override[] };
  return overrides.flatMap(({ includes, linter }) =>
    linter.rules.style.noRestrictedImports.options.patterns.map((pattern) => ({ files: includes.flatMap(expanded), pattern })),
  );
}

const rules = (await Promise.all((await readdir(join(root, '.biome'))).map(rulesOf))).flat();

/** What the lint says in a folder without git, as `file: reason`, sorted. */
async function lint(folder: string): Promise<string[]> {
  const args = [
    biome,
    'lint',
    '--vcs-enabled=false',
    '--only=style/noRestrictedImports',
    '--max-diagnostics=none',
    '--reporter=json',
    '.',
  ];
  const output = await new Promise<string>((resolve) => {
    // The lint fails where it finds something: the output tells what.
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as {
    readonly diagnostics: readonly { readonly message: string; readonly location: { readonly path: string } }[];
  };
  return diagnostics.map(({ message, location }) => `${location.path}: ${message}`).sort();
}

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
  await cp(join(root, '.biome'), join(folder, '.biome'), { recursive: true });
  await cp(join(root, '.biome.json'), join(folder, '.biome.json'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('each rule of imports stops every import that it forbids, and says its reason', async () => {
  const lines = new Map<string, string[]>();
  const expected: string[] = [];
  for (const { files, pattern } of rules)
    for (const file of files.map(fileOf))
      for (const target of pattern.group.flatMap(expanded).map(fileOf)) {
        lines.set(file, [...(lines.get(file) ?? []), `import '${target}';\n`]);
        expected.push(`${file}: ${pattern.message}`);
      }
  for (const [file, imports] of lines) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), imports.join(''));
  }
  expect(expected.length).toBeGreaterThan(rules.length);
  expect(await lint(folder)).toEqual(expected.sort());
});

/** Whether a path is there below the place or below a folder around it. */
function isThere(place: string, path: string): boolean {
  return existsSync(join(root, place, path)) || (place !== '.' && isThere(dirname(place), path));
}

test('every rule of imports governs a folder that is there, and forbids what is there', () => {
  const missing = rules.flatMap(({ files, pattern }) => {
    const place = dirname((files[0] ?? '').replace(/\*.*$/, 'x'));
    const forbidden = pattern.group.flatMap(expanded).map((glob) => glob.replace(/^\*\*\/|^[./]*/, '').replace(/\*.*$/, ''));
    return forbidden.filter((path) => !isThere(place, path)).map((path) => `${place}: ${path}`);
  });
  expect(missing).toEqual([]);
});

/** Folders whose subfolders each have a place in the order of imports. */
const ordered = ['protocol', 'receiver', 'sender', 'shared', 'sender/ordering', 'receiver/disks'];

test.each(ordered)('every folder in %s has a rule of its own', async (parent) => {
  const entries = await readdir(join(root, parent), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const ruled = new Set(rules.flatMap(({ files }) => files.map((file) => dirname(file))));
  // It holds scripts for the machine, and no code.
  const exempt = parent === 'shared' ? ['install'] : [];
  expect(folders.filter((name) => !ruled.has(join(parent, name)) && !exempt.includes(name))).toEqual([]);
});
