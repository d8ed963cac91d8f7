import { expect, test } from 'vitest';
import { withAccepted } from '../../../../shared/model/accepted.ts';
import type { Concern } from '../../../../shared/model/concern.ts';
import { concernTable } from '../../../../shared/model/concern-table.ts';
import { Mappings } from '../../../../shared/model/mappings.ts';

const aConcern = (code: string, about: Concern['about'] = 'port/p1'): Concern => ({
  code: code.replace('*', 'port'),
  severity: 'blocking',
  about,
  says: 'It differs.',
  remedy: 'Change it.',
});
const accepting = (...accept: readonly string[]) => Mappings.parse({ accept });
const severities = (concerns: readonly Concern[]) => concerns.map(({ severity }) => severity);

const fatal = concernTable.filter(({ ways }) => ways !== undefined);

test.each(fatal.filter(({ ways }) => ways?.includes('accept')).map(({ code }) => [code]))(
  'a plan that accepts %s starts, whether it names the code alone or with the resource',
  (code) => {
    const concern = aConcern(code);
    expect(severities(withAccepted([concern], accepting()))).toEqual(['blocking']);
    expect(severities(withAccepted([concern], accepting(concern.code)))).toEqual(['warning']);
    expect(severities(withAccepted([concern], accepting(`${concern.code} port/p1`)))).toEqual(['warning']);
    expect(severities(withAccepted([concern], accepting(`${concern.code} port/p2`)))).toEqual(['blocking']);
  },
);

test.each(fatal.filter(({ ways }) => ways?.includes('accept each')).map(({ code }) => [code]))(
  'a plan accepts %s only where it names all that is lost, one by one',
  (code) => {
    const concern = { ...aConcern(code), each: ['fa:16:3e:00:00:01', 'fa:16:3e:00:00:02'] };
    const first = `${code} port/p1 fa:16:3e:00:00:01`;
    const second = `${code} port/p1 fa:16:3e:00:00:02`;
    expect(severities(withAccepted([concern], accepting(code, `${code} port/p1`)))).toEqual(['blocking']);
    expect(severities(withAccepted([concern], accepting(first)))).toEqual(['blocking']);
    expect(severities(withAccepted([concern], accepting(first, second)))).toEqual(['warning']);
    expect(severities(withAccepted([aConcern(code)], accepting(code, first, second)))).toEqual(['blocking']);
  },
);

test.each(fatal.filter(({ ways }) => !ways?.includes('accept')).map(({ code }) => [code]))('%s is never accepted', (code) => {
  const concern = aConcern(code);
  expect(severities(withAccepted([concern], accepting(concern.code)))).toEqual(['blocking']);
});
