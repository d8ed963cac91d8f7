import type { BlockSource } from '../../shared/cloud/cloud.ts';
import { digestOf, isZero, Root } from '../../shared/model/disk.ts';
import { Problem } from '../../shared/problem.ts';

/**
 * A sealed disk that proves itself once more while it is read from its beginning to its end, block after block, as an import does:
 * the last block is given out only when the root of all agrees with the seal's. Throws E_ROOT_MISMATCH.
 */
export function proven(source: BlockSource, root: string, blockSize: number, path: string): BlockSource {
  let own = new Root(source.size, blockSize);
  let next = 0;
  return {
    size: source.size,
    async read(offset, length, into) {
      const bytes = await source.read(offset, length, into);
      if (offset === 0) [own, next] = [new Root(source.size, blockSize), 0];
      const wanted = Math.min(blockSize, source.size - offset);
      if (offset !== next || length !== wanted) return bytes;
      own.add(isZero(bytes) ? null : await digestOf(bytes));
      next += length;
      if (next === source.size && own.value() !== root) {
        throw new Problem('E_ROOT_MISMATCH', `${path} is no longer what was sealed; its disk may be failing.`, { about: path });
      }
      return bytes;
    },
    close: () => source.close(),
  };
}
