import { expect, test } from 'vitest';
import { byRef, tellingOf } from '../../../../../sender/campaign/compare/told.ts';
import type { Concern } from '../../../../../shared/model/concern.ts';
import { aResource } from '../../../../support/build.ts';

function aConcern(says: string): Concern {
  return { code: 'server.not_carried', severity: 'warning', says, remedy: 'Set it by hand.' };
}

test.each([
  ['The attribute hostname (x) of servers web-1, web-2 stays behind.', 'web-1', 'name', false],
  ['The attribute root_device_name (x) of servers web-1, web-2 stays behind.', 'web-1', 'name', false],
  ['The attribute tags (x) of servers web-1, web-2 stays behind.', 'web', 'tags', false],
  ['The attribute tags (x) of servers web-1, web-2 stays behind.', '', 'tags', false],
  ['The attribute tags (x) of servers web-1, web-2 stays behind.', 'web-2', 'tags', true],
  ['The attribute tags (x) of servers a/é, web-2 stays behind.', 'a/é', 'tags', true],
])('%s — of the server "%s" it tells %s: %s', (says, name, attribute, isTold) => {
  const server = aResource('server', { name });
  expect(tellingOf(byRef([aConcern(says)]), server, attribute) !== undefined).toBe(isTold);
});
