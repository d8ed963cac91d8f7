import { signInTo } from '../playground/clouds-file.ts';
import type { Service } from '../support/openstack-user.ts';

const lists: readonly (readonly [Service, path: string, key: string])[] = [
  ['network', '/networks', 'networks'],
  ['network', '/subnets', 'subnets'],
  ['network', '/routers', 'routers'],
  ['network', '/ports', 'ports'],
  ['network', '/floatingips', 'floatingips'],
  ['network', '/security-groups', 'security_groups'],
  ['network', '/security-group-rules', 'security_group_rules'],
  ['compute', '/servers/detail', 'servers'],
  ['compute', '/os-server-groups', 'server_groups'],
  ['compute', '/os-keypairs', 'keypairs'],
  ['image', '/images', 'images'],
  ['volumev3', '/volumes/detail', 'volumes'],
  ['volumev3', '/snapshots/detail', 'snapshots'],
];

interface Listed {
  readonly id?: string;
  readonly name?: string;
  readonly status?: string;
  readonly tags?: readonly string[];
  readonly metadata?: unknown;
  readonly keypair?: { readonly name: string };
}

// usage: census.ts CLOUDS_YAML. Each resource that `shop` has in either cloud, a line for each,
// without what clouds change by themselves.
const [file = 'clouds.yaml'] = process.argv.slice(2);
for (const cloud of ['west', 'east']) {
  const user = await signInTo(file, cloud);
  for (const [service, path, key] of lists) {
    const lines = (await user.list<Listed>(service, path, key)).map(({ id, name, status, tags, metadata, keypair }) =>
      [cloud, key, id, keypair?.name ?? name, status, JSON.stringify({ tags, metadata })].join(' '),
    );
    for (const line of lines.sort()) process.stdout.write(`${line}\n`);
  }
}
