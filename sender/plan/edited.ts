import { createHash } from 'node:crypto';

const comment = '# While the next line fits the lines above, `sender plan` may write this file again.';
const mark = /\n# unedited: ([\da-f]{32})\n$/;

/** The text of a plan with a last line that tells whether somebody has edited it since. */
export function withMark(text: string): string {
  const marked = `${text.trimEnd()}\n\n${comment}`;
  return `${marked}\n# unedited: ${digestOf(marked)}\n`;
}

/** Whether a file is anything else than a plan as it was written. */
export function isEdited(text: string): boolean {
  const found = mark.exec(text);
  return found === null || found[1] !== digestOf(text.slice(0, found.index));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
