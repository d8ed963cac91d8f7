import { expect, test } from 'vitest';
import { namedTo } from '../../../protocol/version.ts';
import { DestinationFacts } from '../../../shared/cloud/facts.ts';
import { kinds } from '../../../shared/model/resource.ts';
import { someFacts } from '../../support/build.ts';

const having =
  (...features: readonly string[]) =>
  (feature: string) =>
    features.includes(feature);

test('a receiver names a kind to a sender only where that sender would not refuse it', () => {
  const some = ['network', 'volume', 'address_group'] as const;
  expect(namedTo(having(), some)).toEqual(['network']);
  expect(namedTo(having('volumes'), some)).toEqual(['network', 'volume']);
  expect(namedTo(having('volumes', 'later-kinds'), some)).toEqual([...some]);
  expect(namedTo(having('volumes', 'later-kinds'), kinds)).toEqual([...kinds]);
});

test('a sender passes over the kinds of a later receiver', () => {
  const facts = { ...someFacts(), kinds: ['network', 'quantum_link'] };
  expect(DestinationFacts.parse(facts).kinds).toEqual(['network']);
});
