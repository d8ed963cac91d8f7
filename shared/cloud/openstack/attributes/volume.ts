import { isOurs } from '../stamp.ts';
import { derived, type Table } from './attribute.ts';
import { byName } from './canonical.ts';
import { anyValue, name } from './standard.ts';

const groups = 'groups of volumes are not moved; the volumes of a server are always cut at one moment';

/**
 * Block Storage API v3, "Show a volume's details", up to microversion 3.71. The bytes are a disk of
 * the document.
 */
// biome-ignore format: a table is read by column
export const volume: Table = [
  name,
  { api: null,                    field: 'disk_id',             fate: 'mapped', refers: 'disk', why: 'its bytes' },
  { api: 'description',           field: 'description',         fate: 'carried', sent: 'unless default', default: '', accepts: anyValue },
  { api: 'size',                  field: 'size',                fate: 'carried', sent: 'always' },
  { api: 'bootable',              field: 'bootable',            fate: 'carried', sent: 'with the stamp', default: false, read: yes, canonical: yes },
  { api: 'volume_type',           field: 'volume_type',         fate: 'mapped', default: null, why: 'the plan says what it becomes (`mappings.volume_types`)' },
  { api: null,                    field: 'type_specs',          fate: 'mapped', default: {}, why: 'the extra specs of its type, which only an admin sees' },
  { api: 'availability_zone',     field: 'availability_zone',   fate: 'mapped', default: '', why: 'that of its server if the plan names one, else the same, where the destination has it; else the one that it chooses' },
  { api: 'metadata',              field: 'metadata',            fate: 'carried', sent: 'with the stamp', default: {}, read: foreignMetadata,
    canonical: ownMetadata, accepts: anyValue },
  { api: 'volume_image_metadata', field: 'image_metadata',      fate: 'carried', sent: 'with the stamp', default: {}, read: withoutStamp,
    canonical: ownImageMetadata },
  { api: null,                    field: 'read_only',           fate: 'carried', default: false, why: 'Cinder tells it in the metadata' },
  { api: 'multiattach',           field: 'multiattach',         fate: 'mapped', default: false, why: 'the type that it becomes decides' },
  { api: 'encrypted',             field: 'encrypted',           fate: 'told', default: false, why: 'its key stays in the source cloud', concern: 'server.volume_encrypted' },
  { api: 'consistencygroup_id',   field: 'consistencygroup_id', fate: 'told', default: null, why: groups },
  { api: 'group_id',              field: 'group_id',            fate: 'told', default: null, why: groups },
  ...derived('the state of the volume',
    'status', 'attachments', 'migration_status', 'replication_status', 'os-volume-replication:*', 'consumes_quota'),
  ...derived('where Cinder keeps it',
    'os-vol-host-attr:host', 'os-vol-mig-status-attr:*', 'provider_id', 'service_uuid', 'shared_targets', 'cluster_name'),
  ...derived('its type', 'volume_type_id', 'encryption_key_id'),
  ...derived('where its first bytes came from', 'snapshot_id', 'source_volid'),
  ...derived('Cinder’s record of it', 'id', 'links', 'user_id', 'os-vol-tenant-attr:tenant_id', 'created_at', 'updated_at'),
];

/** Cinder returns 'true' or 'false'. */
function yes(value: string | boolean): boolean {
  return String(value) === 'true';
}

type Texts = Readonly<Record<string, string>>;

/** What Cinder writes into the metadata itself (cinder/utils.py, `add_visible_admin_metadata`). */
const ofCinder: ReadonlySet<string> = new Set(['readonly', 'attached_mode']);

/** The metadata that its owner wrote. */
function foreignMetadata(metadata: Texts): Texts {
  return Object.fromEntries(Object.entries(withoutStamp(metadata)).filter(([key]) => !ofCinder.has(key)));
}

function withoutStamp(metadata: Texts): Texts {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !isOurs(key)));
}

function ownMetadata(metadata: Texts): unknown {
  return byName(foreignMetadata(metadata));
}

function ownImageMetadata(metadata: Texts): unknown {
  return byName(withoutStamp(metadata));
}
