import type { ResourceOf } from '../../../model/resource.ts';
import type { ApiImage } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { guestProperties, propertiesOf } from './image-properties.ts';

/**
 * What Nova notes of a guest's machine when it builds it, where the image says nothing
 * (nova/virt/libvirt/driver.py, _register_undefined_instance_details). They are in each snapshot.
 */
const noted: ReadonlySet<string> = new Set([
  'hw_cdrom_bus',
  'hw_disk_bus',
  'hw_input_bus',
  'hw_machine_type',
  'hw_pointer_model',
  'hw_video_model',
  'hw_vif_model',
]);

/**
 * The properties that a guest depends on, by the snapshot of its disk: Nova copies to it what the
 * image said when the server was made (nova/compute/utils.py), whatever became of the image since.
 * What only Nova noted is taken where the image is gone, because nothing else tells it.
 */
export async function frozenProperties(
  session: CloudSession,
  disk: ResourceOf<'disk'>,
  snapshot: ApiImage,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const all = guestProperties(propertiesOf(snapshot));
  if (Object.keys(all).length === 0) return disk.properties;
  const isTold = Object.keys(disk.properties).length > 0 || (await isThere(session, snapshot['base_image_ref'], signal));
  const kept = Object.entries(all).filter(([name]) => !isTold || name in disk.properties || !noted.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, name === 'hw_machine_type' ? unversioned(value) : value]));
}

async function isThere(session: CloudSession, image: unknown, signal: AbortSignal): Promise<boolean> {
  if (typeof image !== 'string' || image === '') return false;
  const path = `/images/${encodeURIComponent(image)}`;
  const { status } = await session.call({ method: 'GET', service: 'image', path, tolerate: [403, 404], signal });
  return status === 200;
}

/** A machine type without the version of the source's QEMU, which another cloud may not have. */
function unversioned(type: string): string {
  if (/^pc-q35-/.test(type)) return 'q35';
  return /^pc-i440fx-/.test(type) ? 'pc' : type;
}
