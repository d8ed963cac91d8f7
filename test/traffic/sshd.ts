import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { anSshKey } from '../support/ssh-server.ts';
import { inside, sh, start, until } from './guests.ts';

/** A node that is reached by SSH: its namespace, its user, and the sender's configuration. */
export interface Node {
  readonly from: string;
  readonly node: string;
  readonly config: string;
}

/**
 * Starts OpenSSH's server in a host's namespace, and a namespace of the sender that is connected to
 * it and whose key it accepts.
 */
export async function reachable(host: string, folder: string): Promise<Node> {
  const from = `${host}-desk`;
  const here = '10.78.0.2';
  const there = '10.78.0.1';
  sh('ip', 'netns', 'add', from);
  sh('ip', '-n', from, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'desk', 'netns', host);
  for (const [namespace, device, address] of [
    [from, 'eth0', here],
    [host, 'desk', there],
  ] as const) {
    sh('ip', '-n', namespace, 'addr', 'add', `${address}/30`, 'dev', device);
    sh('ip', '-n', namespace, 'link', 'set', device, 'up');
  }
  const own = anSshKey();
  const operator = anSshKey();
  const file = (name: string): string => join(folder, name);
  // sshd refuses to start without the folder that it locks itself into.
  await mkdir('/run/sshd', { recursive: true });
  await Promise.all([
    writeFile(file('host'), own.privateKey, { mode: 0o600 }),
    writeFile(file('operator'), operator.privateKey, { mode: 0o600 }),
    writeFile(file('authorized'), `${operator.publicKey.trim()}\n`, { mode: 0o600 }),
    writeFile(file('known'), `${there} ${own.publicKey.trim()}\n`),
    writeFile(file('sshd.conf'), settingsOf(there, file)),
    writeFile(
      file('sender.yaml'),
      stringify({ cloud: unusedCloud, ssh: { key: file('operator'), known_hosts: [file('known')] } }),
    ),
  ]);
  start(host, '/usr/sbin/sshd', '-D', '-e', '-f', file('sshd.conf'));
  await until('sshd to listen', () => inside(host, 'ss', '-tln').includes(`${there}:22 `));
  return { from, node: `root@${there}`, config: file('sender.yaml') };
}

/** A configuration needs a cloud, although observing with a document asks none. */
const unusedCloud = {
  provider: 'openstack',
  settings: { auth: { auth_url: 'http://127.0.0.1:9/v3', username: 'nobody', password: 'none', project_name: 'none' } },
};

const settingsOf = (address: string, file: (name: string) => string): string =>
  [
    ...[`ListenAddress ${address}`, `HostKey ${file('host')}`, `AuthorizedKeysFile ${file('authorized')}`],
    ...['StrictModes no', 'UsePAM no', 'PidFile none', 'PermitRootLogin prohibit-password', 'PasswordAuthentication no'],
    '',
  ].join('\n');
