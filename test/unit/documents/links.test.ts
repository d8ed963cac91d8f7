import { access, glob, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** The folders whose files a document may quote by their whole path. */
const tops = 'sender|receiver|protocol|shared|test';

/** Quoted paths that need not be there, and why. */
const allowed: Readonly<Record<string, string>> = {
  'shared/cloud/proxmox/': 'the example of a provider to write',
  'test/conformance/proxmox.test.ts': 'the example of a provider to write',
  'test/answers/zed': 'recorded from a running cloud',
};

async function documents(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob('{*.md,{sender,receiver,protocol,shared,test}/**/*.md}', { cwd: root })) found.push(file);
  return found.sort();
}

async function isThere(path: string): Promise<boolean> {
  return access(join(root, path)).then(
    () => true,
    () => false,
  );
}

/** The anchor that a renderer gives to a heading. */
function anchorOf(heading: string): string {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
  return words.trim().replaceAll(' ', '-');
}

async function isAnchorIn(path: string, anchor: string): Promise<boolean> {
  const headings = [...(await readFile(join(root, path), 'utf8')).matchAll(/^#+ (.+)$/gm)];
  return headings.some(([, heading = '']) => anchorOf(heading) === anchor);
}

async function leadsSomewhere(file: string, target: string): Promise<boolean> {
  const [path = '', anchor] = target.split('#');
  const to = path === '' ? file : relative(root, join(root, dirname(file), path));
  return (await isThere(to)) && (anchor === undefined || (await isAnchorIn(to, anchor)));
}

test('every link of a document leads to a file, and to a heading of it where it names one', async () => {
  const broken: string[] = [];
  for (const file of await documents())
    for (const [, target = ''] of (await readFile(join(root, file), 'utf8')).matchAll(/\]\((?!https?:)([^)\s]+)\)/g))
      if (!(await leadsSomewhere(file, target))) broken.push(`${file}: ${target}`);
  expect(broken).toEqual([]);
});

test('every file that a document quotes by its whole path is there', async () => {
  const absent: string[] = [];
  const quoted = new RegExp(`\`((?:${tops})/[\\w./-]+)\``, 'g');
  for (const file of await documents())
    for (const [, path = ''] of (await readFile(join(root, file), 'utf8')).matchAll(quoted))
      if (!(path in allowed) && !(await isThere(path))) absent.push(`${file}: ${path}`);
  expect(absent).toEqual([]);
});
