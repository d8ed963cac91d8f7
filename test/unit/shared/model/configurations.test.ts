import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupByKind, parseConfigurations, resourcesOf } from '../../../../shared/model/configurations.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aDocument, aDocumentJson, aNetwork, aServer, aServerDisk, aTenant } from '../../../support/build.ts';

function refusal(value: unknown): Problem {
  try {
    parseConfigurations(value, 'configurations.json');
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('The document was not refused.');
}

test('a document that is written and read again is the same', () => {
  const document = aTenant(3);
  expect(parseConfigurations(JSON.parse(JSON.stringify(document)))).toEqual(document);
  expect({ ...document, ...groupByKind(resourcesOf(document)) }).toEqual(document);
});

test('another version is refused as another version, whatever else is in it', () => {
  expect(refusal({ version: 3, anything: true })).toMatchObject({ code: 'E_DOCUMENT_VERSION' });
  expect(refusal({ version: 3 }).message).toContain('version 3');
  expect(refusal(aDocumentJson({ version: 1 })).message).toContain('version 1; this release reads version 2');
  for (const version of ['1', null, undefined, 1.5, Number.NaN])
    expect(refusal({ ...aDocumentJson(), version }).code).toMatch(/^E_DOCUMENT(_VERSION)?$/);
});

test('ids that are more than one plain path segment are refused by their place', () => {
  for (const id of ['a/b', '..', '.', '', 'a\\b', 'a\nb', 'a\0b', 'x'.repeat(256)]) {
    const problem = refusal(aDocumentJson({ networks: [{ id, name: 'n' }] }));
    expect(problem.code, JSON.stringify(id)).toBe('E_DOCUMENT');
    expect(problem.message).toContain('networks.0.id');
  }
  for (const id of ['-x', '🚀', 'a b', '...', 'x'.repeat(255)]) aDocument({ networks: [aNetwork({ id })] });
});

test('a name may have 255 characters, each of which may be an emoji, and no more', () => {
  const named = (name: string) => ({ networks: [{ id: 'a', name }] });
  const longest = '🚀'.repeat(255);
  expect(aDocument({ networks: [aNetwork({ name: longest })] }).networks[0]?.name).toBe(longest);
  expect(refusal(aDocumentJson(named(`${longest}x`))).message).toContain('at most 255 characters');
  expect(refusal(aDocumentJson(named('x'.repeat(256)))).code).toBe('E_DOCUMENT');
});

test('a campaign that is no UUID is refused, for it names a folder', () => {
  expect(refusal(aDocumentJson({ campaign: '../../etc' })).code).toBe('E_DOCUMENT');
});

test('duplicates, dangling needs and circles are refused each by its own code', () => {
  const a = { id: 'a', name: 'a' };
  expect(refusal(aDocumentJson({ networks: [a, a] })).code).toBe('E_DUPLICATE');
  expect(refusal(aDocumentJson({ networks: [{ ...a, needs: ['router/gone'] }] })).code).toBe('E_DANGLING');
  expect(refusal(aDocumentJson({ networks: [{ ...a, needs: ['network/a'] }] })).code).toBe('E_CYCLE');
  expect(refusal(aDocumentJson({ networks: [{ ...a, needs: ['planet/mars'] }] })).code).toBe('E_DOCUMENT');
});

test('keys of a newer release are left out, and none of them reaches a prototype', () => {
  const text = JSON.stringify(aDocumentJson({ planets: [1], networks: [{ id: 'a', name: 'a', colour: 'red' }] }));
  const hostile = `{"__proto__":{"polluted":true},${text.slice(1)}`;
  const document = parseConfigurations(JSON.parse(hostile));
  expect(document).not.toHaveProperty('planets');
  expect(document.networks[0]).not.toHaveProperty('colour');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  const server = aDocument({ servers: [aServer({ metadata: JSON.parse('{"__proto__":"x","constructor":"y"}') as object })] })
    .servers[0];
  expect(Object.keys(server?.metadata ?? {})).toContain('constructor');
});

test('nothing that JSON can say makes it throw anything but a coded problem', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (whole, part) => {
      for (const value of [whole, aDocumentJson({ networks: part }), aDocumentJson({ servers: [part] })]) {
        try {
          parseConfigurations(value);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }
    }),
  );
});

test('a thousand complaints become twenty lines', () => {
  const problem = refusal(aDocumentJson({ networks: Array.from({ length: 1000 }, () => ({})) }));
  expect(problem.message.split('\n').length).toBeLessThan(30);
});

test('a document of 0.1, which names volumes by id alone, is read', () => {
  const { disks, servers, volumes } = aDocument({ servers: [aServer({ volumes: ['v1'] })], disks: [aServerDisk('s1')] });
  expect(servers[0]?.volumes).toEqual([
    { volume_id: 'v1', boot_index: null, device: '', tag: null, delete_on_termination: false },
  ]);
  expect([disks[0]?.volume_id, volumes]).toEqual([null, []]);
});
