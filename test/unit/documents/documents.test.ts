import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { receiverProgram } from '../../../receiver/cli/program.ts';
import { senderProgram } from '../../../sender/cli/program.ts';
import { type ProblemKind, problems } from '../../../shared/problem.ts';
import { aRecordingOutput } from '../../support/recording-output.ts';

const root = join(import.meta.dirname, '../../..');

test('the table of codes in sender/README.md is the table in shared/problem.ts, in both directions', async () => {
  const text = await readFile(join(root, 'sender/README.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) +\| `(E_\w+)` +\| (yes|no) +\| (.*?) +\|$/gm)].map(([, exit, code, again, hint]) => ({
    code,
    exit: Number(exit),
    retry: again === 'yes' ? 'later' : 'never',
    hint: hint?.replaceAll('\\|', '|'),
  }));
  const known = Object.entries<ProblemKind>(problems).map(([code, { exit, retry, hint }]) => ({ code, exit, retry, hint }));
  const byCode = (a: { code?: string | undefined }, b: { code?: string | undefined }): number =>
    (a.code ?? '').localeCompare(b.code ?? '');
  expect(rows.sort(byCode)).toEqual(known.sort(byCode));
});

test('the README quotes what the benchmark of orders printed', async () => {
  const [readme, results] = await Promise.all([
    readFile(join(root, 'README.md'), 'utf8'),
    readFile(join(root, 'test/bench/order-results.txt'), 'utf8'),
  ]);
  const quoted = /order-results\.txt[^`]*`[^`]*`[^`]*```text\n([^`]*)```/.exec(readme)?.[1]?.trim().split('\n') ?? [];
  expect(quoted.length).toBeGreaterThan(1);
  const printed = new Set(results.split('\n'));
  expect(quoted.filter((line) => !printed.has(line))).toEqual([]);
});

test('the README quotes what the daemons measured of orders', async () => {
  const [readme, results] = await Promise.all([
    readFile(join(root, 'README.md'), 'utf8'),
    readFile(join(root, 'test/bench/service-downtime.txt'), 'utf8'),
  ]);
  const rows = [...readme.matchAll(/^\| .*? +\| ([\d.]+ s) +\| ([\d.]+ s) +\| ([\d.]+) % \| (?:([\d.]+) %)? +\|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [row, proposed = '', random = '', less = '', most = ''] of rows) {
    const line = results
      .split('\n')
      .find((one) => [proposed, random, `${less} % less`, most].every((figure) => one.includes(figure)));
    expect(line, row).toBeDefined();
  }
});

describe.each([
  { name: 'sender', make: senderProgram },
  { name: 'receiver', make: receiverProgram },
])('the commands in $name/README.md', ({ name, make }) => {
  test('are the commands there are', async () => {
    const text = await readFile(join(root, name, 'README.md'), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `') && line.includes(`\`${name} `));
    const named = rows.flatMap((row) =>
      [...(row.split(' | ')[0] ?? '').matchAll(/`(?:sender |receiver )?([a-z][a-z-]*)/g)].map(([, word]) => word),
    );
    const program = make({ output: aRecordingOutput(), signal: new AbortController().signal });
    expect(new Set(named)).toEqual(new Set(program.commands.map((command) => command.name())));
  });
});
