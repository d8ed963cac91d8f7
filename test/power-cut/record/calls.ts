/**
 * One system call that a traced process made. Ticks are lines of the log, so they order everything.
 */
export interface Call {
  readonly name: string;
  readonly args: readonly string[];
  /** Zero or more; a failed call is not kept. */
  readonly result: number;
  /** What strace writes behind the result: the path of a descriptor. */
  readonly resultPath: string | null;
  /** The name of the error, such as EIO; null for a call that succeeded. */
  readonly error: string | null;
  readonly begin: number;
  readonly end: number;
}

/** A call whose end is not in the log yet. */
interface Begun {
  readonly text: string;
  readonly begin: number;
}

/**
 * Reads the log of `strace -f -y -xx`. Two threads may be in calls at once: strace writes such a
 * call in two lines, and the call took effect somewhere between them.
 */
export function callsOf(log: string): Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, Begun>();
  for (const [tick, line] of log.split('\n').entries()) {
    const [, thread, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined || text.startsWith('+++') || text.startsWith('---')) continue;
    if (text.endsWith(' <unfinished ...>')) {
      begun.set(thread, { text: text.slice(0, -' <unfinished ...>'.length), begin: tick });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const first = begun.get(thread);
    begun.delete(thread);
    const whole = resumed === null ? text : `${first?.text ?? ''}${resumed[1] ?? ''}`;
    const call = callOf(whole, resumed === null ? tick : (first?.begin ?? tick), tick);
    if (call !== null) calls.push(call);
  }
  return calls;
}

/** Null for a call that a kill interrupted: its result is unknown, and nobody was told one. */
function callOf(text: string, begin: number, end: number): Call | null {
  const [, name, args, result, rest = ''] = /^(\w+)\((.*)\) += (-?\d+|\?)(.*)$/.exec(text) ?? [];
  if (name === undefined || args === undefined)
    throw new Error(`strace wrote a line that is not understood: ${text.slice(0, 300)}`);
  if (result === '?') return null;
  const path = /^<(.*)>/.exec(rest)?.[1];
  return {
    name,
    args: argumentsOf(args),
    result: Number(result),
    resultPath: path === undefined ? null : textOf(path),
    error: Number(result) < 0 ? (/ (E[A-Z0-9]+) /.exec(rest)?.[1] ?? 'unknown') : null,
    begin,
    end,
  };
}

/** Splits arguments at the commas that stand in no string and no bracket. */
function argumentsOf(text: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if ('[{<('.includes(char)) depth += 1;
    else if (']}>)'.includes(char)) depth -= 1;
    else if (char === ',' && depth === 0) {
      args.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  if (from < text.length) args.push(text.slice(from).trim());
  return args;
}

/** The bytes of a string argument, or of all strings of a list of buffers. */
export function bytesOf(argument: string): Buffer {
  if (argument.includes('"...')) throw new Error('strace cut a string short; the recording is not whole.');
  const parts = argument.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g);
  return Buffer.concat([...parts].map(([, hex = '']) => Buffer.from(hex.replaceAll('\\x', ''), 'hex')));
}

/** The descriptor of an argument such as `5</path>`, and its path. */
export function fileOf(argument: string): { fd: number; path: string } {
  const [, fd, path = ''] = /^(-?\d+|AT_FDCWD)(?:<(.*)>)?/.exec(argument) ?? [];
  return { fd: Number(fd), path: textOf(path) };
}

function textOf(hex: string): string {
  return hex.replace(/(?:\\x[0-9a-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString());
}
