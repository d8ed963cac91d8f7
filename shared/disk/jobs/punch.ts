import { execFileSync } from 'node:child_process';
import { type ByteRange, scratch, writeFully } from '../reading.ts';

/** What is made zeros: ranges of a file, by its path and by its descriptor. */
export interface PunchJob {
  readonly path: string;
  readonly fd: number;
  readonly ranges: readonly ByteRange[];
}

/** Zeros written at once where nothing can be punched: bytes. */
const stepBytes = 1024 * 1024;

/**
 * Makes ranges of a file zeros and frees their space, by fallocate(1) of util-linux. Where that
 * fails zeros are written; returns the places of those. Throws E_DISK_FULL.
 */
export function punch({ path, fd, ranges }: PunchJob): number[] {
  const written: number[] = [];
  for (const [place, [offset, length]] of ranges.entries()) {
    try {
      const where = ['--offset', `${offset}`, '--length', `${length}`];
      execFileSync('fallocate', ['--punch-hole', '--keep-size', ...where, path], { stdio: 'ignore' });
    } catch {
      writeZeros(fd, offset, length);
      written.push(place);
    }
  }
  return written;
}

function writeZeros(fd: number, offset: number, length: number): void {
  const zeros = scratch(Math.min(stepBytes, length)).fill(0);
  for (let done = 0; done < length; done += zeros.length)
    writeFully({ fd }, zeros.subarray(0, Math.min(zeros.length, length - done)), offset + done);
}
