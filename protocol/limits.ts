const KiB = 1024;
const MiB = 1024 * KiB;

/** Every number of the protocol, each with its reason. SPEC.md, "Limits", lists the same numbers; a test compares them. */
export const limits = {
  /** Longest text frame: a document of some ten thousand resources, and nothing much beyond. */
  textBytes: 16 * MiB,
  /** Longest text frame before hello is done: a stranger's first words need no more. */
  greetingBytes: 64 * KiB,
  /** Deepest nesting of a text frame: twice what any message has, far below what a parser minds. */
  jsonDepth: 64,
  /** Longest block: one pull must not hold up a heartbeat for longer than the silence allowed on a 1 Mbit/s line. */
  blockBytes: 1 * MiB,
  /** Shortest block: a page of memory, and a sector of every disk. */
  smallestBlockBytes: 4 * KiB,
  /** Digests in one manifest page: some 270 KiB of JSON, 4 GiB of disk at the longest block. */
  pageDigests: 4096,
  /** Requests one side may have open at the other, pulls aside: many pages and servers under way, a bounded number of handlers. */
  requests: 64,
  /** Bytes of requests one side may have open at the other: two documents of the longest kind. */
  requestBytes: 32 * MiB,
  /** Pulls a receiver may have open: an index each at the sender, where their blocks are read only a few at a time. */
  pulls: 256,
  /** Bytes of blocks a receiver may have open pulls for: the memory it must be able to give them; 1 Gbit/s at 250 ms of round trip. */
  pullBytes: 32 * MiB,
  /** Pulls a sender works on at once: disk and network overlap, and memory stays at a few blocks. */
  pullsServed: 4,
  /** Bytes waiting to be sent above which no further block is read. */
  unsentBytes: 4 * MiB,
  /** Bytes waiting to be sent above which a side stops listening: the peer asks and does not read the answers. */
  unreadBytes: 16 * MiB,
  /** Notices waiting for their handlers above which a side stops listening. */
  notices: 256,
  /** Between two pings of a side. */
  heartbeatMs: 5_000,
  /** Heartbeats without any sign of life from the peer after which the connection is given up: a half-open link shows in 15 s. */
  silentHeartbeats: 3,
  /** From the open socket to the end of hello. */
  helloMs: 10_000,
  /** Until the answer of a request that is answered soon. */
  requestMs: 60_000,
  /** Until the block of a pull: a whole window over a 1 Mbit/s line, twice. */
  pullMs: 600_000,
  /** From our close frame to the peer's, before the socket is cut. */
  closeMs: 3_000,
} as const;

/** The limits by name, as a connection is given them; tests make some smaller. */
export type Limits = { readonly [N in keyof typeof limits]: number };

/** How many pulls of one block size a receiver may have open: bounded in number and in bytes, never less than one. */
export function pullWindow(blockBytes: number): number {
  return Math.max(1, Math.min(limits.pulls, Math.floor(limits.pullBytes / blockBytes)));
}
