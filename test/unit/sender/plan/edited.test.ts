import { expect, test } from 'vitest';
import { Plan } from '../../../../sender/model/plan.ts';
import { isEdited, withMark } from '../../../../sender/plan/edited.ts';
import { parseYaml } from '../../../../shared/config.ts';

const text = `version: 1
source: { project_id: p }
waves: [{ name: one, servers: [{ id: s }] }]
`;

test('a plan as it was written is not edited, and still is a plan', () => {
  const written = withMark(text);
  expect(isEdited(written)).toBe(false);
  expect(parseYaml(written, 'plan.yaml', Plan, 'E_PLAN').waves).toHaveLength(1);
});

test.each([
  ['one changed character', (written: string) => written.replace('one', 'two')],
  ['a further line', (written: string) => `${written}# mine\n`],
  ['a comment above', (written: string) => `# mine\n${written}`],
  ['no mark', () => text],
  ['another mark', (written: string) => written.replace(/unedited: ../, 'unedited: 00')],
])('%s makes a plan an edited one', (_, edit) => {
  expect(isEdited(edit(withMark(text).replace(/unedited: 00/, 'unedited: 11')))).toBe(true);
});
