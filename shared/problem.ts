/** What the reader of a failure needs beside its sentence. */
export interface ProblemKind {
  /**
   * `never`: the same request fails again until a person acts; `later`: it may succeed by itself.
   */
  readonly retry: 'never' | 'later';
  /**
   * Exit status of a command that ends with this problem. The tens group the causes; see README,
   * "Exit codes".
   */
  readonly exit: number;
  /** What to do about it, as an instruction to who reads it at the sender. */
  readonly hint: string;
  /** The same to who reads it at the receiver, where that must name other commands. */
  readonly atReceiver?: string;
}

/** Every way Godwit can fail, in one table: what to do about it and how a command exits. */
// biome-ignore format: a table is read by column
export const problems = {
  // 1: a defect of ours
  E_BUG: { retry: 'never', exit: 1, hint: 'This is a defect in Godwit. Please report it with the output of `sender log`, and of `journalctl -u godwit-sender -u godwit-receiver`.', atReceiver: 'This is a defect in Godwit. Please report it with the output of `journalctl -u godwit-receiver`.' },

  // 2: the command or its input
  E_USAGE: { retry: 'never', exit: 2, hint: 'See `--help` of the command.' },
  E_CONFIG: { retry: 'never', exit: 2, hint: 'Correct the named lines; the example file explains every setting.' },
  E_PLAN: { retry: 'never', exit: 2, hint: 'Correct the named lines of the plan, or write a new one with `sender plan`.', atReceiver: 'Correct the named lines of the file for `--mappings`.' },
  E_DOCUMENT: { retry: 'never', exit: 2, hint: 'Write the document again with `sender capture`.', atReceiver: 'Bring the bundle here once more, or write it again at the source with `sender export`.' },
  E_DOCUMENT_VERSION: { retry: 'never', exit: 2, hint: 'Upgrade the older side, or capture again with the release that reads it.' },
  E_DANGLING: { retry: 'never', exit: 2, hint: 'Capture the tenant again, or add the missing resource to the document.' },
  E_DUPLICATE: { retry: 'never', exit: 2, hint: 'Remove one of the two resources with the same id.' },
  E_CYCLE: { retry: 'never', exit: 2, hint: 'Resources cannot need each other in a circle; correct `needs` in the document.' },
  E_TRAFFIC: { retry: 'never', exit: 2, hint: 'Correct the named file; sender/ordering/traffic/README.md says what a flow matrix looks like.' },
  E_ORDER: { retry: 'never', exit: 2, hint: 'Relax the named constraint or limit; no order can obey it.' },
  E_NOT_FOUND: { retry: 'never', exit: 2, hint: 'Check the name or id; `sender status` lists what there is.', atReceiver: 'Check the name or id; `receiver status` lists what there is.' },

  // 3: the daemon on this machine
  E_DAEMON_DOWN: { retry: 'later', exit: 3, hint: 'Start the daemon: `systemctl start godwit-sender`, or `sender run`.', atReceiver: 'Start the daemon: `systemctl start godwit-receiver`, or `receiver run`.' },
  E_CONTROL_DENIED: { retry: 'never', exit: 3, hint: "Run the command as root, or as the daemon's user (`sudo -u godwit`)." },
  E_STATE_LOCKED: { retry: 'never', exit: 3, hint: 'Another daemon uses this state directory. Stop it, or give this one its own `state`.' },
  E_STATE_DAMAGED: { retry: 'never', exit: 3, hint: 'Restore the named file from a backup; nothing was changed.' },
  E_DISK_FULL: { retry: 'later', exit: 3, hint: 'Free space in the state directory, then `sender resume`.', atReceiver: 'Free space in the state directory. An import goes on when it is run again, a campaign with `sender resume` at the source.' },
  E_DISK_FAILED: { retry: 'later', exit: 3, hint: 'A disk or file system of this machine fails; see its kernel log, then `sender resume`.', atReceiver: 'A disk or file system of this machine fails; see its kernel log. An import goes on when it is run again, a campaign with `sender resume` at the source.' },
  E_NBD: { retry: 'later', exit: 3, hint: 'The program that reads the disk (qemu-nbd) ended or answered wrongly; `sender resume` starts it again.', atReceiver: 'The program that reads the disk (qemu-nbd) ended or answered wrongly; run the same command again.' },
  E_OBSERVE: { retry: 'later', exit: 3, hint: 'Check the named source of traffic; its own message says why. What was seen until then is kept.' },
  E_MISSING_TOOL: { retry: 'never', exit: 3, hint: 'Install the named tool (Debian: `apt install qemu-utils`), then try again.' },

  // 10: the peer and the wire
  E_PEER_UNREACHABLE: { retry: 'later', exit: 10, hint: 'Check that the receiver runs and that its port can be reached from here.' },
  E_PEER_LOST: { retry: 'later', exit: 10, hint: 'The sender reconnects by itself; check that the receiver runs.', atReceiver: 'The daemon stopped, or lost its sender. Run the same command again: it goes on where it was.' },
  E_PEER: { retry: 'never', exit: 10, hint: 'The other daemon reported a failure that this release does not know; upgrade the older side.' },
  E_MALFORMED: { retry: 'never', exit: 10, hint: 'The other side does not speak this protocol as specified; compare releases.' },
  E_PROTOCOL_VERSION: { retry: 'never', exit: 10, hint: 'Upgrade the side that the sentence names; both sides must share a major version of the protocol.' },
  E_PEER_TIMEOUT: { retry: 'later', exit: 10, hint: 'The request may be repeated safely; if this goes on, look at the log of the other daemon.' },
  E_BUSY: { retry: 'later', exit: 10, hint: 'The other side has too many requests of this session open; it answers again as soon as some are done.' },
  E_TOO_LARGE: { retry: 'never', exit: 10, hint: 'The message exceeds a limit of the protocol; see the limits in protocol/SPEC.md.' },
  E_UNKNOWN_MESSAGE: { retry: 'never', exit: 10, hint: 'The other daemon is older; upgrade it.' },
  E_OUT_OF_TURN: { retry: 'never', exit: 10, hint: 'A message came before its turn; restart the daemon that sent it, and compare releases.' },
  E_PEER_UNPAIRED: { retry: 'never', exit: 11, hint: 'Pair the two daemons: `receiver pair` on the destination controller prints a code, then `sender pair <address>` asks for it.', atReceiver: 'Pair the two daemons: `receiver pair` prints a code, then `sender pair <address>` at the source asks for it.' },
  E_PEER_IMPOSTOR: { retry: 'never', exit: 11, hint: 'Compare the fingerprint with `receiver peers` on the other machine. Only if it was reinstalled: unpair and pair again.' },
  E_PAIRING_CLOSED: { retry: 'never', exit: 11, hint: 'Run `receiver pair` on the destination controller for a fresh code.' },
  E_PAIRING_WRONG_CODE: { retry: 'never', exit: 11, hint: 'Read the code again from the terminal on the destination controller where `receiver pair` ran.' },
  E_PAIRING_EXPIRED: { retry: 'never', exit: 11, hint: 'Run `receiver pair` on the destination controller again: a code lives for some minutes only.' },
  E_PAIRING_USED: { retry: 'never', exit: 11, hint: 'A code works once. If it was not you who used it, `receiver peers` on the destination controller shows who did; run `receiver unpair` there, then pair again.' },
  E_ROTATION_PENDING: { retry: 'later', exit: 11, hint: 'A peer has not learned the next key yet; let it connect once, or unpair it.' },
  E_ADDRESS: { retry: 'never', exit: 2, hint: 'Write `wss://host:port`, `host`, `host:port` or `ssh://user@host`.' },
  E_LISTEN: { retry: 'never', exit: 3, hint: 'Choose another `listen` address or port, or stop the program that holds it.' },
  E_SSH_HOST_KEY_UNKNOWN: { retry: 'never', exit: 12, hint: 'Compare the fingerprint with the one on the other machine, then add the host to the known_hosts file.' },
  E_SSH_HOST_KEY_CHANGED: { retry: 'never', exit: 12, hint: 'Somebody may be listening in. Only if the host was reinstalled: remove the named line, then add the new key.' },
  E_SSH_HOST_KEY_REVOKED: { retry: 'never', exit: 12, hint: 'Do not connect. The key was revoked by whoever keeps the known_hosts file.' },
  E_SSH_AUTH: { retry: 'never', exit: 12, hint: 'Add our public key to `authorized_keys` of that user, or name another key file or agent in the configuration.' },
  E_SSH_KEY: { retry: 'never', exit: 12, hint: 'Name a readable private key, with its passphrase if it has one, or an agent.' },
  E_SSH_FORWARD: { retry: 'later', exit: 12, hint: 'Check that the receiver runs there and listens on loopback, and that sshd has `AllowTcpForwarding` on.' },
  E_OTHER_CAMPAIGN: { retry: 'never', exit: 10, hint: 'The session serves another campaign; finish or cancel that one first.' },

  // 20: the clouds
  E_AUTH: { retry: 'never', exit: 20, hint: 'Check the credentials in clouds.yaml or the OS_* environment.' },
  E_FORBIDDEN: { retry: 'never', exit: 20, hint: 'Give the user the named right, or change the mapping in the plan so that it is not needed.', atReceiver: 'Give the user the named right, or map otherwise with `receiver import --mappings` so that it is not needed.' },
  E_CLOUD: { retry: 'later', exit: 20, hint: 'The cloud refused or failed; its own message says why.' },
  E_CLOUD_REFUSED: { retry: 'never', exit: 20, hint: 'The cloud does not accept the request as it is; its own message says why.' },
  E_CLOUD_UNREACHABLE: { retry: 'later', exit: 20, hint: 'Check that the named endpoint answers from this machine.' },
  E_CLOUD_TLS: { retry: 'never', exit: 20, hint: 'Give the CA of the cloud with `cacert` in clouds.yaml or OS_CACERT.' },
  E_CLOUD_REDIRECT: { retry: 'never', exit: 20, hint: 'Redirections are not followed. Correct the endpoint in the catalogue, or name the right one: `auth_url`, or `compute_endpoint_override` and the like in clouds.yaml.' },
  E_CLOUD_TIMEOUT: { retry: 'later', exit: 20, hint: 'The cloud did not finish in time; look at it, then `sender resume`.', atReceiver: 'The cloud did not finish in time; look at it, then run the same command again.' },
  E_ENDPOINT_MISSING: { retry: 'never', exit: 20, hint: 'Check region_name and interface; the catalogue has no such endpoint.' },
  E_MICROVERSION: { retry: 'never', exit: 20, hint: 'The cloud is too old; the README names the oldest version that Godwit needs.' },
  E_QUOTA: { retry: 'never', exit: 21, hint: 'Raise the quota in the destination project, then `sender resume`.', atReceiver: 'Raise the quota in the destination project, then run the same command again.' },
  E_CONFLICT: { retry: 'never', exit: 21, hint: 'Something at the destination is in the way; remove it, or map to it in the plan.', atReceiver: 'Something at the destination is in the way; remove it, or map to it with `receiver import --mappings`.' },
  E_PLACEMENT: { retry: 'never', exit: 21, hint: 'Add hosts or capacity at the destination, or leave servers out.', atReceiver: 'Add hosts or capacity at the destination, then run the same command again.' },
  E_UNMAPPED: { retry: 'never', exit: 21, hint: 'Name what to use at the destination in `mappings` of the plan.', atReceiver: 'Name what to use at the destination in a file for `receiver import --mappings`.' },
  E_DRIFT: { retry: 'never', exit: 21, hint: 'Undo the change at the destination, then `sender resume`. Where nothing is gone, `sender resume` alone accepts what was told.', atReceiver: 'Undo the change here, then `sender resume` at the source. Where nothing is gone, that alone accepts what was told.' },
  E_SERVER_STATE: { retry: 'never', exit: 22, hint: 'Bring the source server into a state that can be stopped or started, then `sender resume`.', atReceiver: 'Bring the server into the state that the message names, then run the same command again.' },
  E_SERVER_FAULT: { retry: 'later', exit: 22, hint: 'Mend what the message names at that cloud (`openstack server show ID` has the whole fault), then `sender resume`.', atReceiver: 'Mend what the message names at that cloud (`openstack server show ID` has the whole fault), then run the same command again.' },
  E_UNSUPPORTED: { retry: 'never', exit: 22, hint: 'This release cannot move it; leave it out of the plan.', atReceiver: 'This release cannot move it; leave it out of the `sender export` at the source.' },
  E_UNHEALTHY: { retry: 'later', exit: 22, hint: 'The new server did not pass its probe in time, and is taken back: the old one runs at the source again. Correct `probe` or `probe_timeout_seconds` in a new plan, or what the probe asks for, then `sender resume`.', atReceiver: 'The new server did not pass its probe in time; look at its console, then run the same command again.' },

  // 30: data
  E_BLOCK_MISMATCH: { retry: 'later', exit: 30, hint: 'The block is pulled again. If this repeats, suspect memory or disks.' },
  E_DISK_CHANGED: { retry: 'later', exit: 30, hint: 'Something writes to what must be frozen, or its disk fails; find out what, then `sender resume`.', atReceiver: 'Something writes to what must be frozen, or its disk fails; find out what, then run the same command again.' },
  E_ROOT_MISMATCH: { retry: 'later', exit: 30, hint: 'The copy is not used. `sender resume` compares and repairs it.', atReceiver: 'The copy is not used. Run the same command again: it compares and repairs it.' },
  E_BUNDLE: { retry: 'never', exit: 30, hint: 'Write the bundle again with `sender export`.', atReceiver: 'Bring the bundle here once more, or write it again at the source with `sender export`; `receiver import` goes on with what is missing.' },
  E_IMAGE_MISMATCH: { retry: 'later', exit: 30, hint: 'The cloud stored other bytes than were sent; the image is made again by `sender resume`.', atReceiver: 'The cloud stored other bytes than were sent; run the same command again, and the image is made anew.' },
  E_TOTALS_DISAGREE: { retry: 'never', exit: 30, hint: 'The two daemons count differently; keep both state directories and report this.' },
  E_PROOF: { retry: 'never', exit: 30, hint: 'Do not rely on it. Have it written again at the source with `sender verify --proof`, and compare the fingerprints with those of `sender peers` there and of `receiver peers` at the destination.' },
  E_DIFFERENT: { retry: 'never', exit: 31, hint: 'Each line names the resource and what it has. Mend it at the destination, waive it (`sender verify --waivers` at the source), or roll back.' },
  E_DIFFERENT_MINOR: { retry: 'never', exit: 32, hint: 'No guest depends on it. Mend it at the destination, or waive it (`sender verify --waivers` at the source).' },

  // 40: what the campaign allows now
  E_BLOCKED: { retry: 'never', exit: 40, hint: 'Resolve the concerns marked blocking; nothing was written on either cloud.' },
  E_COMMITTED: { retry: 'never', exit: 40, hint: 'The campaign is committed: there is no way back. Move the tenant back with a new plan.' },
  E_CAMPAIGN_STATE: { retry: 'never', exit: 40, hint: 'See `sender status` for what the campaign can do now.', atReceiver: 'See `receiver status` for how far the campaign is here, and `sender status` at the source for what it can do now.' },
  E_CANCELLED: { retry: 'never', exit: 41, hint: 'The campaign was paused or cancelled; `sender resume` or `sender rollback` goes on.', atReceiver: 'The command was interrupted, or its question answered with no; run it again to go on.' },
} as const satisfies Record<string, ProblemKind>;

/** The two programs, by the side at which each runs. */
export type ProgramName = 'sender' | 'receiver';

/** The name of one way to fail. */
export type ProblemCode = keyof typeof problems;

/** A status with which a command ends that failed. */
export type ExitOfProblem = (typeof problems)[ProblemCode]['exit'];

/** A problem as it travels: on the wire, in `--json`, in journals. */
export interface ProblemJson {
  readonly code: string;
  readonly says: string;
  readonly hint: string;
  readonly about?: string | undefined;
}

/** A failure with a code that programs match and a sentence that people read. */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** What failed: a ref such as `server/5a1c…`, a file with line, an address. */
  readonly about: string | undefined;
  /** Overrides the table's hint where this failure knows better. */
  readonly advice: string | undefined;

  constructor(
    code: ProblemCode,
    says: string,
    more: { about?: string | undefined; cause?: unknown; hint?: string | undefined } = {},
  ) {
    super(says, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Problem';
    this.code = code;
    this.about = more.about;
    this.advice = more.hint;
  }

  get hint(): string {
    return this.advice ?? problems[this.code].hint;
  }

  get retry(): 'never' | 'later' {
    return problems[this.code].retry;
  }

  get exit(): number {
    return problems[this.code].exit;
  }

  toJSON(): ProblemJson {
    return { code: this.code, says: this.message, hint: this.hint, ...(this.about === undefined ? {} : { about: this.about }) };
  }
}

/** What to do about a problem, for who reads it at one of the two sides. */
export function hintAt(side: ProgramName, { code, hint }: Pick<Problem, 'code' | 'hint'>): string {
  const row: ProblemKind = problems[code];
  return side === 'receiver' && hint === row.hint ? (row.atReceiver ?? hint) : hint;
}

/** Whether a string is a code of this release. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

/** Turns whatever was thrown into a Problem; an unexpected error is a defect and says so. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  // Node's own waits reject with an AbortError that carries the signal's reason as its cause.
  if (error.name === 'AbortError' && error.cause instanceof Problem) return error.cause;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Problem('E_DISK_FULL', `The disk is full: ${error.message}.`, { cause: error });
  if (code === 'EIO' || code === 'EROFS')
    return new Problem('E_DISK_FAILED', `A disk fails: ${error.message}.`, { cause: error });
  return new Problem('E_BUG', `Unexpected failure: ${error.message}`, { cause: error });
}

/**
 * Rebuilds a problem that came over the wire; a code from a newer release becomes E_PEER and keeps
 * its own sentence.
 */
export function fromJson(json: ProblemJson): Problem {
  if (isProblemCode(json.code)) return new Problem(json.code, json.says, { about: json.about, hint: json.hint });
  return new Problem('E_PEER', `${json.says} (${json.code})`, { about: json.about, hint: json.hint });
}
