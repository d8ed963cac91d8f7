import { execFileSync } from 'node:child_process';
import { type ByteRange, scratch, writeFully } from '../reading.ts';

/** What is made zeros: ranges of a file, by its path and by its descriptor. */
export interface PunchJob {
  readonly path: string;
  readonly fd: number;
  readonly ranges: readonly ByteRange[];
}

/** Zeros written at once: bytes. */
const stepBytes = 1024 * 1024;

/**
 * From so many bytes on a range is punched, and a few of the shorter ones: each costs a process,
 * which takes as long as it takes to write some MiB.
 */
const punchBytes = 8 * 1024 * 1024;
const shorterBytes = 512 * 1024;
const shorterOnes = 4;

/**
 * Makes ranges of a file zeros. The space of long ones is freed, by fallocate(1) of util-linux;
 * zeros are written to short ones, and where that fails. Returns the places of the written ones.
 * Throws E_DISK_FULL.
 */
export function punch({ path, fd, ranges }: PunchJob): number[] {
  const written: number[] = [];
  let shorter = shorterOnes;
  for (const [place, [offset, length]] of ranges.entries()) {
    const isShorter = length >= shorterBytes && length < punchBytes && shorter > 0;
    if (isShorter) shorter -= 1;
    if ((isShorter || length >= punchBytes) && isPunched(path, offset, length)) continue;
    writeZeros(fd, offset, length);
    written.push(place);
  }
  return written;
}

function isPunched(path: string, offset: number, length: number): boolean {
  try {
    const where = ['--offset', `${offset}`, '--length', `${length}`];
    execFileSync('fallocate', ['--punch-hole', '--keep-size', ...where, path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function writeZeros(fd: number, offset: number, length: number): void {
  const zeros = scratch(Math.min(stepBytes, length)).fill(0);
  for (let done = 0; done < length; done += zeros.length)
    writeFully({ fd }, zeros.subarray(0, Math.min(zeros.length, length - done)), offset + done);
}
