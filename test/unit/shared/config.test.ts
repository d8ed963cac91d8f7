import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isMap, isPair, parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { ReceiverSettings, readReceiverConfig } from '../../../receiver/config.ts';
import { readSenderConfig, SenderSettings } from '../../../sender/config.ts';
import { provider } from '../../../shared/cloud/provider.ts';
import { cloudSection } from '../../../shared/cloud/section.ts';
import { parseYaml, readYaml } from '../../../shared/config.ts';
import { Problem } from '../../../shared/problem.ts';

const root = join(import.meta.dirname, '../../..');

function problemOf(run: () => unknown): Problem {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was refused.');
}

const Shop = z.strictObject({
  name: z.string().default('shop'),
  doors: z.int().min(1).default(2),
  shelf: z.strictObject({ goods: z.array(z.string()).default([]) }).prefault({}),
});

describe('parseYaml', () => {
  test('fills in every default and freezes the value to its depths', () => {
    const shop = parseYaml('shelf: {goods: [tea]}', 'shop.yaml', Shop);
    expect(shop).toEqual({ name: 'shop', doors: 2, shelf: { goods: ['tea'] } });
    expect([Object.isFrozen(shop), Object.isFrozen(shop.shelf), Object.isFrozen(shop.shelf.goods)]).toEqual([true, true, true]);
  });

  test('takes an empty file, or one of comments alone, for all defaults', () => {
    expect(parseYaml('# nothing yet\n', 'shop.yaml', Shop).doors).toBe(2);
  });

  test('names every fault at once, each with file, line and column, in the order of the file', () => {
    const problem = problemOf(() =>
      parseYaml('nam: x\ndoors: 0\nshelf:\n  goods:\n    - 1\n    - tea\n  height: 3\n', 'shop.yaml', Shop),
    );
    expect(problem.code).toBe('E_CONFIG');
    expect(problem.message).toMatchInlineSnapshot(`
      "shop.yaml has 4 faults:
      shop.yaml:1:1 nam: there is no such setting
      shop.yaml:2:8 doors: Too small: expected number to be >=1
      shop.yaml:5:7 shelf.goods.0: Invalid input: expected string, received number
      shop.yaml:7:3 shelf.height: there is no such setting"
    `);
  });

  test.each([
    ['a wrong indent', 'a: 1\n  b: 2\n', /shop\.yaml:1:4 /],
    ['a tab', 'a:\n\tb: 1\n', /shop\.yaml:2:1 /],
    ['the same key twice', 'name: x\nname: y\n', /shop\.yaml:2:1 .*unique/],
    ['an unknown tag', 'name: !eval x\n', /shop\.yaml:1:7 /],
    ['a second document', 'name: x\n---\nname: y\n', /shop\.yaml:\d+:\d+ /],
    ['a list at the top', '- name\n', /shop\.yaml:1:1 .*object/],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefg'
        .split('')
        .map((key, n) => `${key}: &${key} [${Array(10).fill(`*${'abcdef'[n]}`).join(',')}]`)
        .join('\n')}\n`,
      /alias/,
    ],
  ])('refuses %s and says where', (_, text, says) => {
    expect(problemOf(() => parseYaml(text, 'shop.yaml', Shop)).message).toMatch(says);
  });

  test('uses the code it is given, so that a plan is a plan’s problem', () => {
    const problem = problemOf(() => parseYaml('waves: no', 'plan.yaml', Shop, 'E_PLAN'));
    expect([problem.code, problem.exit, problem.about]).toEqual(['E_PLAN', 2, 'plan.yaml:1:1']);
  });

  test('keeps a key called __proto__ from changing anything but its own complaint', () => {
    expect(problemOf(() => parseYaml('__proto__: {polluted: true}', 'shop.yaml', Shop)).message).toContain('shop.yaml:1:1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('says of a missing file that it is missing, and how to write one', async () => {
    const problem = await readYaml('/nowhere/sender.yaml', Shop).catch((thrown: unknown) => thrown as Problem);
    expect(problem).toMatchObject({ code: 'E_CONFIG', message: 'There is no file /nowhere/sender.yaml.' });
    expect((problem as Problem).hint).toContain('init');
  });
});

describe('the cloud section', () => {
  const providers = { tin: provider({ name: 'tin', settings: z.strictObject({ url: z.url(), size: z.int().default(3) }) }) };
  const Section = z.strictObject({ cloud: cloudSection(providers) });

  test('holds the settings against the schema of the provider it names', () => {
    expect(parseYaml('cloud: {provider: tin, settings: {url: "http://a"}}', 's.yaml', Section)).toEqual({
      cloud: { provider: 'tin', settings: { url: 'http://a', size: 3 } },
    });
  });

  test('complains at the place of each wrong setting', () => {
    const text = 'cloud:\n  provider: tin\n  settings:\n    size: many\n    colour: red\n';
    expect(problemOf(() => parseYaml(text, 's.yaml', Section)).message).toMatchInlineSnapshot(`
      "s.yaml has 3 faults:
      s.yaml:4:5 cloud.settings.url: is missing (string)
      s.yaml:4:11 cloud.settings.size: Invalid input: expected number, received string
      s.yaml:5:5 cloud.settings.colour: there is no such setting"
    `);
  });

  test('names the providers there are when it does not know one', () => {
    expect(problemOf(() => parseYaml('cloud: {provider: gold}', 's.yaml', Section)).message).toBe(
      's.yaml:1:19 cloud.provider: no such provider; there are: tin',
    );
  });
});

/** Every key of an example with its path, and the comment above it. */
function keysOf(text: string): Map<string, string> {
  const keys = new Map<string, string>();
  const walk = (node: unknown, path: readonly string[]): void => {
    if (!isMap(node)) return;
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      const key = pair.key as { value: string; commentBefore?: string | null };
      const name = [...path, key.value];
      // The first key of a mapping has its comment on the mapping.
      const comment = key.commentBefore ?? (node.items[0] === pair ? node.commentBefore : undefined) ?? '';
      keys.set(name.join('.'), comment.trim());
      if (name.join('.') !== 'cloud.settings') walk(pair.value, name);
    }
  };
  walk(parseDocument(text).contents, []);
  return keys;
}

/** Every setting of a schema with its path. */
function settingsOf(schema: z.ZodType, path: readonly string[] = []): string[] {
  let inner: unknown = schema;
  while (inner instanceof z.ZodPrefault || inner instanceof z.ZodDefault) inner = inner.unwrap();
  if (!(inner instanceof z.ZodObject)) return [path.join('.')];
  const below = Object.entries(inner.shape).flatMap(([key, value]) => settingsOf(value as z.ZodType, [...path, key]));
  return path.length === 0 ? below : [path.join('.'), ...below];
}

describe.each([
  { name: 'sender', schema: SenderSettings as z.ZodType, read: readSenderConfig },
  { name: 'receiver', schema: ReceiverSettings as z.ZodType, read: readReceiverConfig },
])('$name.example.yaml', ({ name, schema, read }) => {
  const file = join(root, name, `${name}.example.yaml`);

  test('shows every setting of the schema, and no other', async () => {
    const shown = [...keysOf(await readFile(file, 'utf8')).keys()];
    const known = [...settingsOf(schema), 'cloud.provider', 'cloud.settings'];
    expect(shown.sort()).toEqual([...new Set(known)].sort());
  });

  test('shows every default as it is: what it says is what leaving it out means', async () => {
    const text = await readFile(file, 'utf8');
    const { cloud } = parse(text) as { cloud: unknown };
    expect(parseYaml(text, file, schema)).toEqual(parseYaml(JSON.stringify({ cloud }), 'cloud alone', schema));
  });

  test('explains every setting in a sentence', async () => {
    const sections = new Set(['log', 'cloud', 'limits', 'ssh', 'listen']);
    const silent = [...keysOf(await readFile(file, 'utf8'))].filter(
      ([key, comment]) => !sections.has(key) && !/\w.*\.$/s.test(comment),
    );
    expect(silent).toEqual([]);
  });

  test('is a configuration that can be read', async () => {
    const config = await read(file);
    expect(config).toMatchObject({ state: `/var/lib/godwit-${name}`, control: `/var/lib/godwit-${name}/control.sock` });
    expect(config.name.length).toBeGreaterThan(0);
  });
});

test('a configuration with a wrong type, an unknown key and a wrong provider setting is refused with three places', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-config-'));
  try {
    const file = join(folder, 'sender.yaml');
    await writeFile(file, 'state: relative\ncloud:\n  settings:\n    clowd: a\nlimits:\n  parallel: 99\n');
    const problem = (await readSenderConfig(file).catch((thrown: unknown) => thrown)) as Problem;
    expect(problem.message.replaceAll(file, 'sender.yaml')).toMatchInlineSnapshot(`
      "sender.yaml has 3 faults:
      sender.yaml:1:8 state: must be an absolute path
      sender.yaml:4:5 cloud.settings.clowd: there is no such setting
      sender.yaml:6:13 limits.parallel: Too big: expected number to be <=16"
    `);
  } finally {
    await rm(folder, { recursive: true });
  }
});
