import type { ApiImage } from './api.ts';

/** The fields of an image that are no properties; see the Image API reference, "Show image". */
const named = new Set(
  `id name status owner visibility disk_format container_format size virtual_size min_disk min_ram checksum os_hash_algo os_hash_value
   os_hidden protected tags self file schema created_at updated_at stores locations direct_url`.split(/\s+/),
);

/** The free properties of an image; those that are no strings are left out. */
export function propertiesOf(image: ApiImage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(image).filter((entry): entry is [string, string] => !named.has(entry[0]) && typeof entry[1] === 'string'),
  );
}

/**
 * The properties that a guest depends on wherever it runs: `hw_*`, `os_*`, `img_*` and the few older names; see Glance's "Useful image
 * properties". What tells of the source alone (base_image_ref, instance_uuid, owner_*, boot_roles, os_hash_*, stores, image_location,
 * signatures, block device mappings, our own stamps) stays behind.
 */
export function guestProperties(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).filter(([name]) => concernsGuest.test(name) && !concernsSource.test(name)),
  );
}

const concernsGuest = /^(hw_|os_|img_|trait:|architecture$|hypervisor_type$|vm_mode$)/;
const concernsSource =
  /^(os_hash_|os_hidden$|os_glance_|img_signature|img_block_device|img_bdm|img_mappings|img_root_device|img_use_agent)/;
