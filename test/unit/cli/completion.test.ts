import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { receiverProgram } from '../../../receiver/cli/program.ts';
import { senderProgram } from '../../../sender/cli/program.ts';
import { runProgram } from '../../../shared/cli/program.ts';
import { aRecordingOutput } from '../../support/recording-output.ts';

async function script(make: typeof senderProgram, shell: string): Promise<string> {
  const output = aRecordingOutput();
  const program = make({ output, signal: new AbortController().signal });
  await runProgram(program, ['completion', shell], output);
  return output.text();
}

/** What bash offers after the words typed so far. */
function offered(text: string, name: string, ...words: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-completion-'));
  try {
    writeFileSync(join(folder, 'completion'), text);
    const typed = [name, ...words].map((word) => `'${word}'`).join(' ');
    const ask = `. ./completion; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _${name}; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', ask], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('completion in bash', () => {
  test('offers the commands that begin so', async () => {
    expect(offered(await script(senderProgram, 'bash'), 'sender', 'p')).toEqual(['pair', 'peers', 'plan', 'pause']);
    expect(offered(await script(receiverProgram, 'bash'), 'receiver', 'l')).toEqual(['ledger']);
  });

  test('offers the options of the command that was typed, and files where a file is meant', async () => {
    const text = await script(senderProgram, 'bash');
    expect(offered(text, 'sender', 'commit', '--d')).toEqual(['--delete-source']);
    expect(offered(text, 'sender', '--json', 'migrate', '--pa')).toEqual(['--parallel']);
    expect(offered(text, 'sender', 'migrate', 'compl')).toEqual(['completion']);
  });
});

test.each(['zsh', 'fish'])('completion in %s names every command with its sentence', async (shell) => {
  const text = await script(senderProgram, shell);
  for (const command of ['run', 'doctor', 'pair', 'plan', 'migrate', 'status', 'commit', 'rollback', 'report', 'log'])
    expect(text).toContain(command);
  expect(text).toMatchSnapshot();
});
