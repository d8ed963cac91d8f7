import type { BlockSource } from '../../../disk/block-source.ts';

/** The beginning of an image of each format, and where it lies: bytes. */
const signatures: readonly (readonly [at: number, bytes: Buffer])[] = [
  [0, Buffer.from('LUKS\xba\xbe', 'latin1')],
  [0, Buffer.from('QFI\xfb', 'latin1')],
  [0, Buffer.from('QED\0', 'latin1')],
  [0, Buffer.from('KDMV')],
  [0, Buffer.from('conectix')],
  [0, Buffer.from('vhdxfile')],
  [0x40, Buffer.from([0x7f, 0x10, 0xda, 0xbe])],
  [0x80_01, Buffer.from('CD001')],
];

/**
 * Whether a raw disk begins like an image of another format: one that its guest encrypted whole
 * with LUKS, for instance. Newer clouds refuse it as a raw image, because its content is not what
 * it is said to be (nova/virt/images.py, `do_image_deep_inspection`; `require_image_format_match`
 * of Glance, from 2025.1 on; oslo_utils/imageutils/format_inspector.py).
 */
export async function imitates(disk: BlockSource): Promise<boolean> {
  for (const [at, bytes] of signatures) {
    if (disk.size < at + bytes.length) continue;
    if ((await disk.read(at, bytes.length)).equals(bytes)) return true;
  }
  return false;
}
