import { readFileSync } from 'node:fs';
import type { SshOptions } from '../protocol/transport/ssh-tunnel.ts';
import { Problem } from '../shared/problem.ts';
import type { SenderConfig } from './config.ts';

/** How `ssh://` addresses are reached, from the configuration; the passphrase is read when a key asks for it, and kept nowhere. */
export function sshOptions({ ssh }: Pick<SenderConfig, 'ssh'>): SshOptions {
  const { key, passphrase_file: passphraseFile, agent, known_hosts: knownHosts } = ssh;
  return {
    knownHosts,
    ...(key === null ? {} : { keyFile: key }),
    ...(passphraseFile === null ? {} : { passphrase: () => readPassphrase(passphraseFile) }),
    ...(agent === null ? {} : { agent }),
  };
}

function readPassphrase(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Problem('E_SSH_KEY', `The passphrase file ${file} cannot be read.`, { about: file, cause });
  }
}
