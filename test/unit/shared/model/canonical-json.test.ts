import { expect, test } from 'vitest';
import { canonicalJson } from '../../../../shared/model/canonical-json.ts';

test('the example of RFC 8785, section 3.2.2, has the text of its section 3.2.3', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '€$\u000f\nA\'B"\\\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('members are sorted by UTF-16 code units, as in section 3.2.3, and what is undefined is left out', () => {
  const keys = ['€', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', 'ö'];
  const value = Object.fromEntries(keys.map((key) => [key, 1]));
  expect(Object.keys(JSON.parse(canonicalJson({ none: undefined, ...value })) as object).length).toBe(7);
  expect(canonicalJson(value)).toBe('{"\\r":1,"1":1,"\u0080":1,"ö":1,"€":1,"\u{1f600}":1,"\ufb33":1}');
});
