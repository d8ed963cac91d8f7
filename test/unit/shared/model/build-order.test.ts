import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inBuildOrder } from '../../../../shared/model/build-order.ts';
import { kinds, type Ref, type Resource, refOf } from '../../../../shared/model/resource.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aNeedyNetwork, aResource, net } from '../../../support/build.ts';

const refs = (resources: readonly Resource[]): Ref[] => resources.map(({ kind, id }) => refOf(kind, id));

function problem(resources: readonly Resource[]): Problem {
  try {
    inBuildOrder(resources);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('The order was not refused.');
}

/**
 * Any resources without a circle: each needs some of those before it, and then they are shuffled.
 */
const someResources = fc
  .array(fc.record({ kind: fc.constantFrom(...kinds), needs: fc.array(fc.nat(), { maxLength: 4 }) }), { maxLength: 40 })
  .map((drafts) =>
    drafts.map(({ kind, needs }, index) =>
      aResource(kind, {
        id: String(index),
        needs: index === 0 ? [] : needs.map((need) => need % index).map((at) => refOf(drafts[at]?.kind ?? kind, String(at))),
      }),
    ),
  )
  .chain((resources) => fc.shuffledSubarray(resources, { minLength: resources.length, maxLength: resources.length }));

test('everything comes once, after everything it needs', () => {
  fc.assert(
    fc.property(someResources, (resources) => {
      const sorted = refs(inBuildOrder(resources));
      expect([...sorted].sort()).toEqual(refs(resources).sort());
      for (const { kind, id, needs } of resources)
        for (const need of needs) expect(sorted.indexOf(need)).toBeLessThan(sorted.indexOf(refOf(kind, id)));
    }),
  );
});

test('the same list always gives the same order, and what is in order stays as it is', () => {
  fc.assert(
    fc.property(someResources, (resources) => {
      const once = inBuildOrder(resources);
      expect(refs(inBuildOrder(resources))).toEqual(refs(once));
    }),
  );
  const free = ['b', 'a', 'c'].map((id) => aNeedyNetwork(id));
  expect(refs(inBuildOrder(free))).toEqual(refs(free));
});

test('a need that is not there, a resource that is there twice and a circle are refused by name', () => {
  expect(problem([aNeedyNetwork('a', [net('gone')])])).toMatchObject({ code: 'E_DANGLING', about: 'network/a' });
  expect(problem([aNeedyNetwork('a'), aNeedyNetwork('a')])).toMatchObject({ code: 'E_DUPLICATE', about: 'network/a' });
  const circle = problem([aNeedyNetwork('a', [net('b')]), aNeedyNetwork('b', [net('c')]), aNeedyNetwork('c', [net('a')])]);
  expect(circle.code).toBe('E_CYCLE');
  expect(circle.message).toContain('network/a → network/b → network/c → network/a');
  expect(problem([aNeedyNetwork('a', [net('a')])]).code).toBe('E_CYCLE');
});

test('a chain of a hundred thousand needs does not exhaust the stack, and a circle as long stays a sentence', () => {
  const length = 100_000;
  const one = aNeedyNetwork('0');
  const chain = Array.from({ length }, (_, index): Resource => {
    return { ...one, id: String(index), needs: index + 1 < length ? [net(String(index + 1))] : [] };
  });
  expect(inBuildOrder(chain)[0]).toBe(chain.at(-1));
  const closed = [...chain.slice(0, -1), aNeedyNetwork(String(length - 1), [net('0')])];
  const circle = problem(closed);
  expect(circle.code).toBe('E_CYCLE');
  expect(circle.message.length).toBeLessThan(2000);
});
