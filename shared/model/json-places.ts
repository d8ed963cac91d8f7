/** Where a value stands in the text of an object: that of a key, or one of the list of a key. */
export interface JsonPlace {
  readonly key: string;
  readonly isInList: boolean;
  /** Bytes from the beginning of the text. */
  readonly from: number;
  readonly to: number;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/**
 * Finds the values of an object's JSON, one after another, without reading them. Throws a
 * SyntaxError where the text is no object, or names a key twice; of other faults in it the caller
 * hears when it reads the values.
 */
export function* placesIn(text: Buffer): Generator<JsonPlace> {
  const known = new Set<string>();
  let at = expected(text, 0, openObject);
  if (text[at] === closeObject) return mustEnd(text, at);
  for (;;) {
    const keyEnd = endOf(text, at);
    const key = JSON.parse(text.toString('utf8', at, keyEnd)) as string;
    if (known.has(key)) throw new SyntaxError(`The key ${key} comes twice.`);
    known.add(key);
    at = expected(text, afterSpace(text, keyEnd), colon);
    if (text[at] === openList) at = yield* elementsIn(text, at, key);
    else {
      const to = endOf(text, at);
      yield { key, isInList: false, from: at, to };
      at = afterSpace(text, to);
    }
    if (text[at] === closeObject) return mustEnd(text, at);
    at = expected(text, at, comma);
  }
}

/** The elements of a list that begins there; returns what follows it. */
function* elementsIn(text: Buffer, list: number, key: string): Generator<JsonPlace, number> {
  let at = afterSpace(text, list + 1);
  while (text[at] !== closeList) {
    const to = endOf(text, at);
    yield { key, isInList: true, from: at, to };
    at = afterSpace(text, to);
    if (text[at] === comma) at = afterSpace(text, at + 1);
    else if (text[at] !== closeList) throw unreadable(at);
  }
  return afterSpace(text, at + 1);
}

/** The end of the value, or of the key, that begins there. */
function endOf(text: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (depth === 0 && isAfterValue(byte)) return at;
    if (byte === openObject || byte === openList) depth += 1;
    else if (byte === closeObject || byte === closeList) depth -= 1;
    at = byte === quote ? stringEnd(text, at) : at + 1;
  }
  throw unreadable(text.length);
}

function isAfterValue(byte: number | undefined): boolean {
  return byte === comma || byte === colon || byte === closeList || byte === closeObject || isSpace(byte);
}

/** What follows the string that begins there. */
function stringEnd(text: Buffer, from: number): number {
  for (let end = text.indexOf(quote, from + 1); end >= 0; end = text.indexOf(quote, end + 1)) {
    let before = end - 1;
    while (text[before] === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end + 1;
  }
  throw unreadable(text.length);
}

/** The place after a byte that must be there, and after space. */
function expected(text: Buffer, from: number, byte: number): number {
  const at = afterSpace(text, from);
  if (text[at] !== byte) throw unreadable(at);
  return afterSpace(text, at + 1);
}

function mustEnd(text: Buffer, close: number): void {
  if (afterSpace(text, close + 1) < text.length) throw unreadable(close + 1);
}

function afterSpace(text: Buffer, from: number): number {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function unreadable(at: number): SyntaxError {
  return new SyntaxError(`The JSON cannot be read at byte ${at}.`);
}
