import { statfs } from 'node:fs/promises';
import { shell, tool } from '../lab/tool.ts';
import type { Scale } from './disks.ts';

/** Programs the benchmark runs, and the Debian packages they come in. */
const programs = {
  rsync: 'rsync',
  scp: 'openssh-client',
  '/usr/sbin/sshd': 'openssh-server',
  zstd: 'zstd',
  socat: 'socat',
  nbdcopy: 'libnbd-bin',
  nbdkit: 'nbdkit',
  'qemu-img': 'qemu-utils',
  mke2fs: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  ip: 'iproute2',
  nsenter: 'util-linux',
  iperf3: 'iperf3',
  gcc: 'build-essential',
} as const;

/**
 * Installs from Debian what is missing. An SSH server that is installed for this is not left
 * running.
 */
export async function installMissing(say: (text: string) => void): Promise<void> {
  const missing = new Set<string>();
  for (const [program, debian] of Object.entries(programs)) {
    const found = await shell(`command -v ${program} || true`);
    if (found.trim() === '') missing.add(debian);
  }
  if (missing.size > 0) {
    say(`installing from Debian: ${[...missing].join(' ')}`);
    await tool('apt-get', ['-qq', 'update']);
    await tool('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...missing], {
      DEBIAN_FRONTEND: 'noninteractive',
    });
    // Its package starts it; nobody asked for a server on this machine's own network. Without
    // systemd it was not started.
    if (missing.has('openssh-server')) await shell('systemctl disable --now ssh.service ssh.socket 2>/dev/null || true');
  }
  // The disks are made of packages: without lists there are none.
  if ((await tool('apt-cache', ['pkgnames', 'systemd'])).trim() === '') await tool('apt-get', ['-qq', 'update']);
}

/** Throws unless a folder's file system has room for everything a run makes at its fullest. */
export async function mustHaveRoom(folder: string, scale: Scale, siblings: boolean): Promise<void> {
  const disks = 7 + (siblings ? 2 * scale.siblings : 0);
  const needed = (disks * scale.diskBytes) / 1.7 + 3e9;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < needed) {
    const inGb = (bytes: number): string => `${(bytes / 1e9).toFixed(0)} GB`;
    const has = inGb(bavail * bsize);
    const wants = inGb(needed);
    throw new Error(
      `${folder} has ${has} free, and a run needs ${wants}; name another folder with --work, or fewer rows with --only.`,
    );
  }
}
