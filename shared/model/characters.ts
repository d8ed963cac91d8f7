/**
 * Characters of a text as databases and Python count them: code points, of which an emoji that
 * takes two units of UTF-16 is one.
 */
export function charactersIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
