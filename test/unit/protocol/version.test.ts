import { expect, test } from 'vitest';
import { features, kindsKnown } from '../../../protocol/version.ts';
import { DestinationFacts } from '../../../shared/cloud/facts.ts';
import { kinds } from '../../../shared/model/resource.ts';
import { someFacts } from '../../support/build.ts';

test('a peer of 0.1 is told of no kind that it would refuse, and one of this release of all', () => {
  const later = kinds.filter((kind) => !kindsKnown(kinds, () => false).includes(kind));
  expect(later.sort()).toEqual([
    'address_group',
    'address_scope',
    'dns_record_set',
    'dns_zone',
    'image',
    'port_forwarding',
    'project',
    'qos_policy',
    'quota_set',
    'rbac_policy',
    'role_assignment',
    'server_group',
    'subnet_pool',
    'trunk',
    'volume',
  ]);
  expect(kindsKnown(kinds, (feature) => features.includes(feature))).toEqual(kinds);
});

test('a sender passes over the kinds of a later receiver', () => {
  const facts = { ...someFacts(), kinds: ['network', 'quantum_link'] };
  expect(DestinationFacts.parse(facts).kinds).toEqual(['network']);
});
