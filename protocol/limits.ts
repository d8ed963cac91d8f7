const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Every number of the protocol, each with its reason. SPEC.md, "Limits", lists the same numbers; a
 * test compares them.
 */
export const limits = {
  /** Longest text frame: a document of some ten thousand resources, and nothing much beyond. */
  textBytes: 16 * MiB,
  /** A part of a document that is longer: parsed and checked in a hundredth of a second. */
  partBytes: 256 * KiB,
  /** Parts of one document: 64 MiB, as much as a bundle's document may have. */
  documentParts: 256,
  /** Longest text frame before hello is done: a stranger's first words need no more. */
  greetingBytes: 64 * KiB,
  /**
   * Deepest nesting of a text frame: twice what any message has, far below what a parser minds.
   */
  jsonDepth: 64,
  /**
   * Values in one text frame: a list of some ten thousand resources, parsed in a hundredth of a
   * second.
   */
  jsonValues: 131_072,
  /** Longest block: a block is checked as a whole, so one flipped bit costs no more than this. */
  blockBytes: 1 * MiB,
  /** Shortest block: a page of memory, and a sector of every disk. */
  smallestBlockBytes: 4 * KiB,
  /**
   * A piece, the unit that is pulled: a page of memory, and what a file system changes at once.
   */
  pieceBytes: 4 * KiB,
  /**
   * Most raw bytes of one data frame, of one pull and of one refinement: a buffer on either side.
   */
  frameBytes: 4 * MiB,
  /**
   * Most bytes of the disk that a data frame may refer back to: beyond that hardly any more is
   * saved.
   */
  afterBytes: 1 * MiB,
  /** Blocks of one disk, 32 TiB of the usual ones: each takes a digest and some bits. */
  diskBlocks: 2 ** 29,
  /** Digests in one manifest page: 171 KiB of base64, 256 MiB of disk at 64 KiB a block. */
  pageDigests: 4096,
  /**
   * Requests one side may have open at the other, pulls aside: many pages and servers under way, a
   * bounded number of handlers.
   */
  requests: 64,
  /** Bytes of requests one side may have open at the other: two documents of the longest kind. */
  requestBytes: 32 * MiB,
  /**
   * Pulls a receiver may have open: a list of pieces each at the sender, where their bytes are
   * read only a few pulls at a time.
   */
  pulls: 256,
  /**
   * Raw bytes a receiver may have open pulls for: the memory it must be able to give them; 2
   * Gbit/s at 250 ms of round trip.
   */
  pullBytes: 64 * MiB,
  /** Pulls a sender answers at once: disk and network overlap, and memory stays bounded. */
  pullsServed: 4,
  /**
   * Most raw bytes of a small pull, which does not wait behind longer ones: a disk with a few
   * missing blocks must not wait for another's new files.
   */
  smallPullBytes: 128 * KiB,
  /** Small pulls a sender answers at once, beside the others. */
  smallPullsServed: 4,
  /** Bytes waiting for the lanes of a session above which nothing further is read for them. */
  unsentBytes: 4 * MiB,
  /**
   * Lanes of one session: where one packet in a hundred is lost one connection carries 0.2 MB/s at
   * 100 ms; twice as many as usual downloads use are enough.
   */
  lanes: 32,
  /**
   * Most bytes of a data frame in one fragment: pings pass between fragments, and a larger one is
   * no faster.
   */
  fragmentBytes: 64 * KiB,
  /**
   * Least bytes on their way on a lane: a line of 1 Mbit/s holds them for an eighth of a second.
   */
  leastWindowBytes: 16 * KiB,
  /**
   * Most bytes on their way on a lane: 1 Gbit/s at 130 ms of round trip, and a bound to what
   * kernels hold for us.
   */
  windowBytes: 16 * MiB,
  /**
   * What data may add to the round trip of control: half of what a person notices, and enough that
   * no line waits for a busy daemon.
   */
  queueMs: 20,
  /** How long the least round trip of a session is believed, for paths change. */
  pathMs: 30_000,
  /**
   * Between two echoes of the path while data is on its way: a queue shows within its own length.
   */
  echoMs: 25,
  /**
   * Bytes waiting to be sent above which a side stops listening: the peer asks and does not read
   * the answers.
   */
  unreadBytes: 16 * MiB,
  /** Resources of one comparison: an answer within a few seconds, and some hundred KiB of it. */
  comparedRefs: 64,
  /** Notices waiting for their handlers above which a side stops listening. */
  notices: 256,
  /** Between two pings of a side. */
  heartbeatMs: 5_000,
  /**
   * Heartbeats without any sign of life from the peer after which the connection is given up: a
   * half-open link shows in 15 s.
   */
  silentHeartbeats: 3,
  /** From the open socket to the end of hello. */
  helloMs: 10_000,
  /** Until the answer of a request that is answered soon. */
  requestMs: 60_000,
  /** Until the frame of a pull: a whole window over a 1 Mbit/s line. */
  pullMs: 600_000,
  /** From our close frame to the peer's, before the socket is cut. */
  closeMs: 3_000,
} as const;

/** The limits by name, as a connection is given them; tests make some smaller. */
export type Limits = { readonly [N in keyof typeof limits]: number };
