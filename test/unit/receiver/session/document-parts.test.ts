import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Budget } from '../../../../receiver/disks/store/budget.ts';
import { DocumentParts } from '../../../../receiver/session/document-parts.ts';
import { aDocument, aTenant } from '../../../support/build.ts';
import { problemOf } from '../../../support/folder.ts';

const one = randomUUID();
const other = randomUUID();
const part = aTenant(10);
/** Room for two parts, and not for three. */
const mostBytes = Math.floor(2.5 * (4096 + JSON.stringify(part).length));

test('of a document of which a part finds no memory nothing is kept, until it is begun again', async () => {
  const memory = new Budget(mostBytes);
  const parts = new DocumentParts(memory);
  const add = async (number: number): Promise<void> => parts.add(one, number, part);
  await add(0);
  await add(1);
  expect((await problemOf(add(2))).code).toBe('E_BUSY');
  expect(memory.free).toBe(mostBytes);
  // A part that was under way.
  expect((await problemOf(add(3))).code).toBe('E_BUSY');
  expect(memory.free).toBe(mostBytes);
  await add(0);
  expect(parts.take(one, aDocument(), 1).servers).toHaveLength(10);
  expect(memory.free).toBe(mostBytes);
});

test('part 0 of another campaign’s document takes the place of what was given up, and other parts do not', () => {
  const memory = new Budget(mostBytes);
  const parts = new DocumentParts(memory);
  parts.add(one, 0, part);
  const kept = mostBytes - memory.free;
  parts.add(other, 1, part);
  expect(memory.free).toBe(mostBytes - 2 * kept);
  parts.add(other, 0, part);
  expect(memory.free).toBe(mostBytes - 2 * kept);
  parts.close();
  expect(memory.free).toBe(mostBytes);
});
