import type { LinkLayer } from './packet.ts';

/** One captured frame: the part that was kept, and how long it was. */
export interface Frame {
  readonly bytes: Buffer;
  readonly wireBytes: number;
  readonly atMs: number;
  /** Undefined: of a kind that is not read. */
  readonly link: LinkLayer | undefined;
}

/** Longest frame that is read, as in tcpdump; a longer one is a torn file. */
export const longestFrameBytes = 262_144;

/** Kinds of link layer that are read, https://www.tcpdump.org/linktypes. */
export const linkLayers: Readonly<Record<number, LinkLayer>> = {
  1: 'ethernet',
  12: 'ip',
  101: 'ip',
  113: 'sll',
  228: 'ip',
  229: 'ip',
  276: 'sll2',
};
