import { foreignTags } from '../stamp.ts';
import { derived, type Table } from './attribute.ts';
import { anyValue, ownTags } from './standard.ts';

const computed = 'Glance computes it of the stored bytes, and it is compared after the upload';

/**
 * Image API v2, "Show image"; properties are top-level fields. Glance's "Useful image properties"
 * lists those for guests. What is carried is so for images that move; of one that servers were only
 * made from it is a reference.
 */
// biome-ignore format: a table is read by column
export const image: Table = [
  { api: 'name',             field: 'name',             fate: 'carried', sent: 'always', default: '', accepts: anyValue },
  { api: null,               field: 'disk_id',          fate: 'mapped', refers: 'disk', default: null, why: 'its bytes, as they are stored; null: it does not move' },
  { api: 'disk_format',      field: 'disk_format',      fate: 'carried', sent: 'always', default: null },
  { api: 'container_format', field: 'container_format', fate: 'carried', sent: 'always', default: null },
  { api: 'size',             field: 'size',             fate: 'derived', default: null, why: computed },
  { api: 'min_disk',         field: 'min_disk',         fate: 'carried', sent: 'always', default: 0 },
  { api: 'min_ram',          field: 'min_ram',          fate: 'carried', sent: 'always', default: 0 },
  { api: 'visibility',       field: 'visibility',       fate: 'carried', sent: 'with the stamp', default: 'private', accepts: anyValue },
  { api: null,               field: 'members',          fate: 'carried', default: [], why: 'of a shared image: each project as the plan’s `mappings.projects` says' },
  { api: 'tags',             field: 'tags',             fate: 'carried', sent: 'always', default: [], read: foreignTags, canonical: ownTags, accepts: anyValue },
  { api: 'protected',        field: 'protected',        fate: 'carried', sent: 'with the stamp', default: false, accepts: anyValue },
  { api: 'os_hidden',        field: 'os_hidden',        fate: 'carried', sent: 'unless default', default: false, accepts: anyValue },
  { api: 'os_hash_algo',     field: 'os_hash_algo',     fate: 'derived', default: null, why: computed },
  { api: 'os_hash_value',    field: 'os_hash_value',    fate: 'derived', default: null, why: computed },
  { api: 'checksum',         field: 'checksum',         fate: 'derived', default: null, why: computed },
  { api: null,               field: 'properties',       fate: 'carried', default: {},
    why: 'the free properties, which stand beside the named attributes' },
  ...derived('Glance’s record of it', 'id', 'owner', 'status', 'virtual_size', 'created_at', 'updated_at'),
  ...derived('where Glance keeps it', 'self', 'file', 'schema', 'stores', 'locations', 'direct_url'),
];

/** Free properties that an image which moves does not keep; it keeps all others. */
export const ownImageProperties: Table = [
  ...derived('how Glance and Nova checked and cached it', 'os_hash_*', 'os_glance_*'),
  // A Cinder without its own filter for this gives it to each image of a volume, and then makes no
  // volume of an image that has it (cinder/image/image_utils.py, GLANCE_RESERVED_NAMESPACES).
  ...derived('whether the source’s Cinder checked its signature', 'signature_verified'),
  ...derived(
    'where the snapshot came from',
    'base_image_ref',
    'instance_uuid',
    'image_location',
    'image_state',
    'user_id',
    'boot_roles',
    'owner_*',
  ),
  ...derived('our own stamp', 'godwit_*'),
  { api: 'kernel_id', fate: 'told', why: 'kernels beside a disk are other images, of other ids' },
  { api: 'ramdisk_id', fate: 'told', why: 'RAM disks beside a disk are other images, of other ids' },
  { api: 'img_signature*', fate: 'told', why: 'its certificate stays in the source cloud' },
];

/**
 * Free properties of an image. Those a guest depends on (`hw_*`, `os_*`, `img_*`, a few older ones)
 * go with its disk; others concern the source only. Exact names precede families.
 */
// biome-ignore format: a table is read by column
export const imageProperties: Table = [
  ...derived('how Glance and Nova checked and cached it', 'os_hash_*', 'os_glance_*', 'img_signature*', 'img_use_agent'),
  ...derived('the disks of the source server',
    'img_block_device*', 'img_bdm*', 'img_mappings*', 'img_root_device*', 'block_device_mapping', 'mappings',
    'bdm_v2', 'root_device_name'),
  ...derived('where the snapshot came from',
    'base_image_ref', 'instance_uuid', 'image_type', 'image_location', 'image_state', 'user_id', 'boot_roles',
    'owner_*', 'clean_attempts'),
  ...derived('our own stamp', 'godwit_*'),
  { api: 'hw_*',            fate: 'carried' },
  { api: 'os_*',            fate: 'carried' },
  { api: 'img_*',           fate: 'carried' },
  { api: 'trait:*',         fate: 'carried' },
  { api: 'architecture',    fate: 'carried' },
  { api: 'hypervisor_type', fate: 'carried' },
  { api: 'vm_mode',         fate: 'carried' },
  { api: 'kernel_id',       fate: 'told', why: 'kernels beside a disk are not moved' },
  { api: 'ramdisk_id',      fate: 'told', why: 'RAM disks beside a disk are not moved' },
  { api: 'auto_disk_config', fate: 'told', why: 'it forbids or asks for a change of the disk at the first boot, which is past' },
  { api: 'cinder_*',        fate: 'told', why: 'it is for volumes made from the image' },
];

/** A disk as an image of the destination; its bytes, format and stamp are the builder's. */
// biome-ignore format: a table is read by column
export const disk: Table = [
  { api: 'name',       field: 'name',       fate: 'carried', sent: 'always', default: '' },
  { api: 'min_disk',   field: 'min_disk',   fate: 'carried', sent: 'with the stamp', default: 0, accepts: isLarger },
  { api: 'min_ram',    field: 'min_ram',    fate: 'carried', sent: 'always', default: 0 },
  { api: null,         field: 'properties', fate: 'carried', default: {}, why: 'those properties of the image that a guest depends on' },
  { api: null,         field: 'server_id',  fate: 'mapped', why: 'the server with which it moves' },
  { api: null,         field: 'volume_id',  fate: 'mapped', default: null, why: 'the volume whose bytes it is' },
  { api: null,         field: 'image_id',   fate: 'mapped', default: null, why: 'the image whose stored bytes it is' },
  { api: null,         field: 'boot_index', fate: 'mapped', default: 0, why: 'its place among the disks of the server' },
];

/** A larger `min_disk` is accepted: a disk that outgrew its flavor requires its own size. */
function isLarger(wanted: number, is: number): boolean {
  return is >= wanted;
}
