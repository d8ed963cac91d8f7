import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { writeDurably } from '../../../../shared/durable.ts';
import { parseConfigurations } from '../../../../shared/model/configurations.ts';
import { digestOfDocument, readDocument, textOf } from '../../../../shared/model/document-text.ts';
import { digestOfJson } from '../../../../shared/model/marker.ts';
import { aDocument, aDocumentJson, aNetwork, aTenant } from '../../../support/build.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';
import { longestTurnMs, watchTurns } from '../../../support/turns.ts';

/** Values whose JSON is easily cut in the wrong place. */
const odd = {
  empty: {},
  none: null,
  'a "key"\n': ['[', ']', '{}', ',', '\\', '\\"', '"\\\\', 'é\n  ]', { nested: [[], [1, 2.5e-7, null, false], {}] }],
  list: [],
  absent: undefined,
  number: -0.5,
  text: ' "],[" ',
};

test('the text of a document is that of JSON.stringify, on one line and as a file', async () => {
  for (const value of [odd, {}, aDocumentJson(), aTenant(3), { only: [[]] }]) {
    expect(await text(textOf(value))).toBe(JSON.stringify(value));
    expect(await text(textOf(value, 2))).toBe(`${JSON.stringify(value, null, 2)}\n`);
    expect(await digestOfDocument(value)).toBe(digestOfJson(value));
  }
});

test('a document is read as it was, however its text is laid out, with a list that this release does not know', async () => {
  const document = aDocument({ networks: [aNetwork({ id: 'n1', description: 'a "quote", a \\ and a ]' })] });
  const later = { ...document, things_to_come: [{ id: 1 }, []] };
  for (const json of [JSON.stringify(later), JSON.stringify(later, null, 2), `\n${JSON.stringify(later, null, '\t')} \r\n`]) {
    const read = await readDocument(Buffer.from(json), 'it');
    expect(read).toEqual(parseConfigurations(JSON.parse(json)));
    expect(digestOfJson(read)).toBe(digestOfJson(document));
  }
});

test.each([
  ['not JSON', '{"format": '],
  ['no object', '[1, 2]'],
  ['nothing', ''],
  ['more than one value', `${JSON.stringify(aDocumentJson())} {}`],
  ['a comma too many', JSON.stringify(aDocumentJson({ networks: [] })).replace('[]', '[1,]')],
  ['a server that is none', JSON.stringify(aDocumentJson({ servers: [{ id: 7 }] }))],
  ['a resource twice', JSON.stringify(aDocumentJson({ networks: [aNetwork(), aNetwork()] }))],
])('%s is refused as the whole would be', async (_, json) => {
  const told = (read: () => unknown): Promise<{ message: string }> => problemOf(Promise.resolve().then(read));
  const whole = await told(() => parseConfigurations(JSON.parse(json), 'it'));
  const parts = await told(() => readDocument(Buffer.from(json), 'it'));
  expect(parts.message).toBe(whole.message);
});

test('a document of 1,000 servers and 22 MB is stored, digested and read in short turns', async () => {
  const user_data = Buffer.alloc(16_500, 'x').toString('base64');
  const small = aTenant(1000);
  const document = { ...small, servers: small.servers.map((server) => ({ ...server, user_data })) };
  const file = join(await aFolder(), 'configurations.json');
  const longest: Record<string, number> = {};
  const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const turns = watchTurns();
    await work();
    longest[what] = Math.round(turns.stop());
  };
  await step('digest', () => digestOfDocument(document));
  await step('store', () => writeDurably(file, textOf(document, 2)));
  await step('read', async () => {
    expect((await readDocument(await readFile(file), file)).servers).toHaveLength(1000);
  });
  console.log(`${(await readFile(file)).length} bytes; longest turns in ms: ${JSON.stringify(longest)}`);
  for (const ms of Object.values(longest)) expect(ms).toBeLessThan(longestTurnMs);
});
