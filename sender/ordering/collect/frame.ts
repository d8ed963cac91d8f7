import type { LinkLayer } from './packet.ts';

/** A captured frame: its captured bytes, and its length on the wire. */
export interface Frame {
  readonly bytes: Buffer;
  readonly wireBytes: number;
  readonly atMs: number;
  /** Undefined for a kind of link layer that is not supported. */
  readonly link: LinkLayer | undefined;
}

/** Longest frame, as in tcpdump; a longer one means that the file is damaged. */
export const longestFrameBytes = 262_144;

/** Supported link layers by number, https://www.tcpdump.org/linktypes. */
export const linkLayers: Readonly<Record<number, LinkLayer>> = {
  1: 'ethernet',
  12: 'ip',
  101: 'ip',
  113: 'sll',
  228: 'ip',
  229: 'ip',
  276: 'sll2',
};
