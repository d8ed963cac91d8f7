/** How much a JSON text asks of whoever parses it. */
export interface Weight {
  /** Values, counted by what separates them. */
  readonly values: number;
  /** Deepest nesting. */
  readonly depth: number;
}

const quote = 0x22;
const comma = 0x2c;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openMap = 0x7b;
const closeMap = 0x7d;

/**
 * Weighs a JSON text without parsing it, in a time that its length bounds; stops at the first
 * number beyond `most`. What is no JSON is left to the parser.
 */
export function weigh(text: string, most: Weight): Weight {
  let values = 1;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && values <= most.values && deepest <= most.depth; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === comma) values += 1;
    else if (code === openList || code === openMap) {
      values += 1;
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (code === closeList || code === closeMap) depth -= 1;
  }
  return { values, depth: deepest };
}

/** The place of the quote that ends a string; the end of the text where there is none. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
