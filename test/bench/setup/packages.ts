import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { tool } from '../lab/tool.ts';

const essential =
  'base-files base-passwd bash bsdutils coreutils dash debianutils diffutils dpkg findutils grep gzip hostname init-system-helpers libc-bin login mount ncurses-base ncurses-bin passwd perl-base sed sysvinit-utils tar util-linux apt';
const server =
  'systemd systemd-sysv udev dbus ifupdown iproute2 iputils-ping openssh-server sudo vim nano less man-db curl wget rsyslog cron logrotate locales ca-certificates cloud-init python3 linux-image-amd64 grub-pc nginx postgresql';

/**
 * The packages of a realistic server, about 1 GB installed, and of a small one for trying the
 * benchmark out, about 40 MB.
 */
export const selections = {
  server: `${essential} ${server}`.split(' '),
  small: 'bash coreutils perl-base libc-bin openssh-client vim-tiny'.split(' '),
} as const;

/**
 * Downloads packages and all they depend on, as if onto an empty machine; returns their files,
 * sorted. What is there already is not downloaded again.
 */
export async function downloadPackages(folder: string, packages: readonly string[]): Promise<string[]> {
  await mkdir(join(folder, 'partial'), { recursive: true });
  const status = join(folder, 'status');
  await writeFile(status, '');
  const options = {
    'Dir::State::status': status,
    'Dir::Cache::archives': folder,
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'APT::Sandbox::User': 'root',
    'APT::Get::Download-Only': 'true',
    'Debug::NoLocking': 'true',
  };
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await tool('apt-get', [...settings, '-qq', '-y', '--no-install-recommends', 'install', ...packages]);
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.deb')).sort();
}

/** Unpacks each package into a folder of its own; returns the folders, in the order of `files`. */
export async function unpackPackages(from: string, files: readonly string[], to: string): Promise<string[]> {
  await inParallel(files, 2, async (file) => {
    await mkdir(join(to, file), { recursive: true });
    await tool('dpkg-deb', ['-x', join(from, file), join(to, file)]);
  });
  return files.map((file) => join(to, file));
}
