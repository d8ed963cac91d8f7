import { expect, test } from 'vitest';
import { suggestionsFor } from '../../../../../sender/plan/rules/suggest.ts';
import { noMappings } from '../../../../../shared/model/mappings.ts';
import { aDocument, aFlavor, aNetwork, aResource, someFacts } from '../../../../support/build.ts';

const there = (name: string, size: object = {}) => ({
  id: `id-of-${name}`,
  name,
  vcpus: 2,
  ram: 2048,
  disk: 20,
  ephemeral: 0,
  swap: 0,
  extra_specs: {},
  ...size,
});

test('the flavor that wastes least is suggested first, and never one that is smaller', () => {
  const flavor = aFlavor({ id: 'f', name: 'two', vcpus: 2, ram: 2000, disk: 20, extra_specs: { 'hw:cpu_policy': 'shared' } });
  const facts = someFacts({
    flavors: [
      there('huge', { ram: 4000 }),
      there('small', { disk: 10 }),
      there('near', { extra_specs: { 'hw:cpu_policy': 'shared' } }),
      there('other'),
    ],
  });
  const found = suggestionsFor(aDocument({ flavors: [flavor] }), noMappings, facts);
  expect(found.map(({ to, score, says }) => [to, score, says])).toEqual([
    ['near', 0.98, 'ram 2048 for 2000'],
    ['other', 0.78, 'ram 2048 for 2000; other extra specs: hw:cpu_policy'],
    ['huge', 0.4, 'ram 4000 for 2000; other extra specs: hw:cpu_policy'],
  ]);
  const mapped = { ...noMappings, flavors: { f: { to: 'huge' } } };
  expect(suggestionsFor(aDocument({ flavors: [flavor] }), mapped, facts)).toEqual([]);
});

test('external networks and volume types are suggested by names that are alike, by their id where the name is not unique', () => {
  const document = aDocument({
    networks: [aNetwork({ id: 'ext', name: 'Public-Net', external: true, shared: true })],
    volumes: [aResource('volume', { volume_type: 'fast-ssd' })],
  });
  const network = (id: string, name: string, external = true) => ({
    id,
    name,
    external,
    shared: true,
    project_id: '',
    subnets: [],
  });
  const facts = someFacts({
    networks: [network('1', 'public-net'), network('2', 'public-net'), network('3', 'public-net', false), network('4', 'lan')],
    volume_types: [
      { id: 'a', name: 'ssd-fast', extra_specs: {} },
      { id: 'b', name: 'hdd', extra_specs: {} },
    ],
  });
  expect(suggestionsFor(document, noMappings, facts).map(({ ref, to }) => `${ref} ${to}`)).toEqual([
    'network/ext 1',
    'network/ext 2',
    'volume_type/fast-ssd ssd-fast',
  ]);
});
