import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { receiverProgram } from '../../../../receiver/cli/program.ts';
import { senderProgram } from '../../../../sender/cli/program.ts';
import { runProgram } from '../../../../shared/cli/program.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';

async function script(make: typeof senderProgram, shell: string): Promise<string> {
  const output = aRecordingOutput();
  const program = make({ output, signal: new AbortController().signal });
  await runProgram(program, ['completion', shell], output);
  return output.text();
}

/** What a shell says when it has read the script and is told to do something. */
function told(text: string, shell: string, args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-completion-'));
  try {
    writeFileSync(join(folder, 'completion'), text);
    // The program as the scripts call it: it prints ids, and notes how it was asked.
    const program = '#!/bin/sh\necho "$@" >>./asked\nprintf "7c0a2d8e\\n9b1c0000\\n"\n';
    writeFileSync(join(folder, 'sender'), program, { mode: 0o755 });
    return execFileSync(shell, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, HOME: folder, TERM: 'dumb' },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What bash offers after the words typed so far. */
function offered(text: string, name: string, ...words: readonly string[]): string[] {
  const typed = [name, ...words].map((word) => `'${word}'`).join(' ');
  const ask = `. ./completion; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _${name}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return told(text, 'bash', ['-c', ask]).trim().split('\n');
}

/** What fish offers after a line typed so far, without the sentences. */
function offeredByFish(text: string, line: string): string[] {
  const offers = told(text, 'fish', ['-c', `source completion; complete -C'${line}'`]);
  return offers.split('\n').flatMap((offer) => offer.split('\t')[0] || []);
}

/** What a line typed so far becomes in zsh when Tab is pressed, in a terminal of its own. */
function completedByZsh(text: string, line: string): string {
  const setUp = [
    `PROMPT=''; show() { print -r -- "<$BUFFER>"; exit }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word`,
    'autoload -Uz compinit; compinit -u -d ./dump; . ./completion; stty cols 300; print REA""DY',
  ].join('; ');
  const script = [
    'zmodload zsh/zpty; zpty z zsh -f -i',
    'zpty -w z "$1"; zpty -r z heard "*READY*"',
    'zpty -w -n z "$2"$\'\\t\\x18\'; zpty -r z heard "*<*>*"; print -r -- "$heard"',
  ].join('\n');
  const heard = told(text, 'zsh', ['-f', '-c', script, 'zsh', setUp, line]);
  return /<([^<>]*)>\s*$/.exec(heard)?.[1] ?? heard;
}

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe('completion in bash', () => {
  test('offers the commands that begin so', async () => {
    expect(offered(await script(senderProgram, 'bash'), 'sender', 'p')).toEqual(['pair', 'peers', 'plan', 'pause', 'prune']);
    expect(offered(await script(receiverProgram, 'bash'), 'receiver', 'l')).toEqual(['ledger']);
  });

  test('offers the options of the command that was typed, and files where a file is meant', async () => {
    const text = await script(senderProgram, 'bash');
    expect(offered(text, 'sender', 'commit', '--d')).toEqual(['--delete-source']);
    expect(offered(text, 'sender', '--json', 'migrate', '--pa')).toEqual(['--parallel']);
    expect(offered(text, 'sender', 'migrate', 'compl')).toEqual(['completion']);
  });

  test('is not led astray by the options of the program before the command', async () => {
    const text = await script(senderProgram, 'bash');
    expect(offered(text, 'sender', '--config', 'x.yaml', 'commit', '--d')).toEqual(['--delete-source']);
    expect(offered(text, 'sender', '--config', '=', 'x.yaml', 'rollb')).toEqual(['rollback']);
    expect(offered(text, 'sender', '--config', 'compl')).toEqual(['completion']);
    expect(offered(text, 'sender', '--j')).toEqual(['--json']);
  });

  test('offers campaigns where one can be named', async () => {
    const text = await script(senderProgram, 'bash');
    expect(offered(text, 'sender', 'rollback', '')).toEqual(['7c0a2d8e', '9b1c0000']);
    expect(offered(text, 'sender', '--config', 'x.yaml', 'status', '--watch', '9')).toEqual(['9b1c0000']);
  });
});

test.skipIf(!isThere('fish'))('completion in fish offers commands and options (needs fish)', async () => {
  const text = await script(senderProgram, 'fish');
  expect(offeredByFish(text, 'sender p').sort()).toEqual(['pair', 'pause', 'peers', 'plan', 'prune']);
  expect(offeredByFish(text, 'sender commit --d')).toEqual(['--delete-source']);
  expect(offeredByFish(text, 'sender --json migrate --pa')).toEqual(['--parallel']);
  expect(offeredByFish(text, 'sender --config x.yaml rollb')).toEqual(['rollback']);
  expect(offeredByFish(text, 'sender --config x.yaml rollback 7')).toEqual(['7c0a2d8e']);
});

test.skipIf(!isThere('zsh'))('completion in zsh completes commands and options (needs zsh)', { timeout: 60_000 }, async () => {
  const text = await script(senderProgram, 'zsh');
  expect(completedByZsh(text, 'sender rollb').trim()).toBe('sender rollback');
  expect(completedByZsh(text, 'sender commit --del').trim()).toBe('sender commit --delete-source');
  expect(completedByZsh(text, 'sender --config x.yaml rollb').trim()).toBe('sender --config x.yaml rollback');
  expect(completedByZsh(text, 'sender --config x.yaml rollback 7').trim()).toBe('sender --config x.yaml rollback 7c0a2d8e');
});

test.each(['zsh', 'fish'])('completion in %s names every command with its sentence', async (shell) => {
  const text = await script(senderProgram, shell);
  for (const command of ['run', 'doctor', 'pair', 'plan', 'migrate', 'status', 'commit', 'rollback', 'report', 'log'])
    expect(text).toContain(command);
  expect(text).toMatchSnapshot();
});
