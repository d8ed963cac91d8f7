import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiFlavor } from '../api.ts';
import { mappedFlavor } from '../builders/flavor.ts';
import { isUsed, sameKey } from '../builders/keypair.ts';
import { mappedFlavorConcerns } from './mapped-flavor.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/** What a source flavor becomes. */
export function flavorFor(view: PreflightView, flavor: ResourceOf<'flavor'>): ApiFlavor | 'create' | undefined {
  return mappedFlavor(view.flavors, flavor, view.mappings.flavors[flavor.id]?.to);
}

/** Every flavor needs a mapped flavor with a large enough disk, or the right to create one. */
export const flavors: PreflightRule = (view) =>
  view.of('flavor').flatMap((flavor) => {
    const about = refOf('flavor', flavor.id);
    const target = flavorFor(view, flavor);
    const size = `${flavor.vcpus} vCPU, ${flavor.ram} MiB, ${flavor.disk} GiB`;
    if (target === undefined) {
      const to = view.mappings.flavors[flavor.id]?.to;
      const says =
        to === undefined
          ? `No flavor like ${flavor.name} (${size}) exists.`
          : `Flavor ${flavor.name} is mapped to ${to}, which does not exist.`;
      return [blocking('flavor.missing', about, says, 'Name one in `mappings.flavors`, or `create` it as an admin.')];
    }
    if (target === 'create') {
      if (!view.admin)
        return [
          blocking(
            'flavor.rights',
            about,
            `Only an admin may create the flavor ${flavor.name}.`,
            'Map it to an existing flavor, or use admin credentials.',
          ),
        ];
      if (view.flavors.some((one) => one.name === flavor.name))
        return [blocking('flavor.name_taken', about, `There is a flavor ${flavor.name} already.`, 'Map it to that one.')];
      return [];
    }
    return mappedFlavorConcerns(flavor, target);
  });

/** The flavor must have room for the disk, and the memory that the image requires. */
export const disks: PreflightRule = (view) =>
  view.of('server').flatMap((server) => {
    const about = refOf('server', server.id);
    const flavor = view.of('flavor').find((one) => one.id === server.flavor_id);
    const target = flavor === undefined ? undefined : flavorFor(view, flavor);
    if (target === undefined || target === 'create') return [];
    const own = view.of('disk').filter((disk) => server.disks.includes(disk.id) && disk.volume_id === null);
    const needs = Math.max(0, ...own.map((disk) => disk.min_disk));
    const ram = Math.max(0, ...own.map((disk) => disk.min_ram));
    const remedy = 'Map the flavor to a larger one.';
    if (target.disk === 0 && own.length > 0 && !view.admin)
      return [
        blocking(
          'flavor.zero_disk',
          about,
          `Flavor ${target.name} has no disk; by default only an admin may boot an image with it.`,
          remedy,
        ),
      ];
    return [
      ...(target.disk > 0 && target.disk < needs
        ? [
            blocking(
              'flavor.disk',
              about,
              `The disk of server ${server.name} has ${needs} GiB; flavor ${target.name} has ${target.disk}.`,
              remedy,
            ),
          ]
        : []),
      ...(target.ram < ram
        ? [
            blocking(
              'flavor.ram',
              about,
              `Server ${server.name} needs ${ram} MiB; flavor ${target.name} has ${target.ram}.`,
              remedy,
            ),
          ]
        : []),
    ];
  });

/**
 * A keypair of the same name with another key would change who can log in; where no server uses it,
 * it stays as it is.
 */
export const keypairs: PreflightRule = (view) =>
  view.of('keypair').flatMap((keypair) => {
    const there = view.keypairs.find((one) => one.name === keypair.name);
    if (there === undefined || sameKey(there, keypair)) return [];
    const remedy = 'Rename or remove it at the destination, or use the credentials of another user.';
    if (!isUsed(keypair, view.of('server')))
      return [
        warning(
          'keypair.left_out',
          refOf('keypair', keypair.id),
          `The destination has a keypair ${keypair.name} with another key, which stays; no server uses the source's, which is left out.`,
          'Nothing; or import the key at the destination under another name.',
        ),
      ];
    return [
      blocking(
        'keypair.other_key',
        refOf('keypair', keypair.id),
        `The destination has a keypair ${keypair.name} with another key.`,
        remedy,
      ),
    ];
  });
