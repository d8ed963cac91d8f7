import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import type { Child } from '../lab/side.ts';
import { shell, tool } from '../lab/tool.ts';

/** An OpenSSH server on the far side, with Debian's ciphers, that lets one key in. */
export class SshServer {
  /** Arguments with which `ssh` and its kin reach it under the name `far`. */
  readonly options: string;
  readonly #server: Child;
  readonly #folder: string;

  private constructor(folder: string, server: Child) {
    this.#folder = folder;
    this.#server = server;
    this.options = `-F ${join(folder, 'config')}`;
  }

  static async open(lab: Lab): Promise<SshServer> {
    const folder = join(lab.folder, 'ssh');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const at = (name: string): string => join(folder, name);
    for (const key of ['host', 'user']) await tool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
    await mkdir('/run/sshd', { recursive: true });
    await writeFile(
      at('sshd_config'),
      `Port 22\nListenAddress ${lab.network.address}\nHostKey ${at('host')}\nAuthorizedKeysFile ${at('user.pub')}
PermitRootLogin prohibit-password\nStrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n`,
    );
    await writeFile(
      at('config'),
      `Host far\n  HostName ${lab.network.address}\n  User root\n  IdentityFile ${at('user')}\n  IdentitiesOnly yes
  UserKnownHostsFile ${at('known_hosts')}\n  StrictHostKeyChecking accept-new\n  LogLevel ERROR\n`,
    );
    const server = lab.far.spawn(['/usr/sbin/sshd', '-D', '-e', '-f', at('sshd_config')]);
    server.stderr.resume();
    const ssh = new SshServer(folder, server);
    await ssh.#ready(lab);
    return ssh;
  }

  async close(): Promise<void> {
    this.#server.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Logs in once, so that the host is known and the server up. */
  async #ready(lab: Lab): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await shell(`nsenter --net=/run/netns/${lab.near.namespace} ssh ${this.options} far true`);
        return;
      } catch (error) {
        if (tries === 40) throw error;
        await sleep(100);
      }
    }
  }
}
