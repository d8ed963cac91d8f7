import type { ApiServer } from '../api.ts';
import { movedTag } from '../stamp.ts';

/** Whether a committed campaign moved a server: commit tags and locks it. */
export function isMoved({ locked, tags }: ApiServer): boolean {
  return locked === true && tags?.includes(movedTag) === true;
}
