/** An SSH server in the receiver's node, as the only door to it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Endings } from '../support/endings.ts';
import { nodeAddress } from './lab.ts';
import { inNode, startInNode, stateOf } from './node.ts';

/**
 * How the sender reaches the receiver's node by SSH: its configuration's section, and the address
 * to pair with.
 */
export interface SshDoor {
  readonly settings: { readonly key: string; readonly known_hosts: readonly string[] };
  readonly address: string;
}

/** Starts sshd in `dst` and makes a key for root in `src`; `endings` ends it. */
export async function openSshDoor(endings: Endings): Promise<SshDoor> {
  const folder = '/var/lib/godwit/ssh';
  await mkdir(join(stateOf('src'), 'ssh'), { recursive: true, mode: 0o700 });
  await run('src', `rm -f ${folder}/id_ed25519*; ssh-keygen -q -t ed25519 -N '' -f ${folder}/id_ed25519`);
  const key = await run('src', `cat ${folder}/id_ed25519.pub`);
  await run(
    'dst',
    'ssh-keygen -A >/dev/null; mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh; cat >>/root/.ssh/authorized_keys',
    key,
  );
  const host = await run('dst', 'cat /etc/ssh/ssh_host_ed25519_key.pub');
  await writeFile(join(stateOf('src'), 'ssh', 'known_hosts'), `${nodeAddress.dst} ${host}`);
  const sshd = await startInNode('dst', ['/usr/sbin/sshd', '-D', '-e'], { log: join(stateOf('dst'), 'sshd.log') });
  endings.add('sshd', async () => {
    await sshd.kill('SIGTERM');
    await sshd.exited;
  });
  return {
    settings: { key: `${folder}/id_ed25519`, known_hosts: [`${folder}/known_hosts`] },
    address: `ssh://root@${nodeAddress.dst}`,
  };
}

async function run(cloud: 'src' | 'dst', script: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await inNode(cloud, ['sh', '-euc', script], { input });
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}
