import { execFileSync } from 'node:child_process';

/** Whether Debian's qemu-utils is there, with qemu-img and qemu-nbd. */
export function hasQemu(): boolean {
  try {
    for (const tool of ['qemu-img', 'qemu-nbd']) execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
