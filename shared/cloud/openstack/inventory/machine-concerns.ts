import type { Concern } from '../../../model/concern.ts';
import { labelsOf } from '../../../model/labels.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiServer } from '../api.ts';
import { bootsFromVolume, rootOf } from '../volumes/attachments.ts';
import type { Contents } from './contents.ts';
import { heirOf } from './server.ts';
import { concern, type ServerRule } from './server-concern.ts';

/**
 * What a virtual TPM keeps lies beside the disks, encrypted with a secret that the user owns who
 * made the server: no API gives it, and nobody else can start the server again (Nova's "Emulated
 * Trusted Platform Module", Limitations).
 */
export const tpm: ServerRule = (server, contents) => {
  const asks = server.flavor.extra_specs?.['hw:tpm_version'] ?? machineOf(server, contents)['hw_tpm_version'];
  if (!asks) return null;
  return concern(
    'server.tpm',
    'blocking',
    server,
    'has a virtual TPM, whose contents stay at the source: a disk that it unlocks (BitLocker, LUKS) then asks for a recovery key, or cannot be read. On most clouds only the user who made the server can start it again after its stop.',
    'Have the recovery keys at hand and use that user’s credentials at the source, then accept it: `server.tpm` in `mappings.accept`. Or leave the server out.',
  );
};

/**
 * Nova gives the guest an ISO image as a CD (nova/virt/libvirt/blockinfo.py, `get_root_info`). From
 * its snapshot, whose format is that of a disk, the new server would get a hard disk, which it
 * starts from before all others: an installer may overwrite what is there.
 */
export const iso: ServerRule = (server, { images }) => {
  const image = images.find(({ id }) => server.image && id === server.image.id);
  if (bootsFromVolume(server) || image?.disk_format !== 'iso') return null;
  return concern(
    'server.iso',
    'blocking',
    server,
    `was made from the CD ${image.name || image.id}, which would become a hard disk that the new server starts from.`,
    'Make a server from the volume with its system instead, and leave this one out. Or accept it, where the guest may start from it: `server.iso` in `mappings.accept`.',
  );
};

/**
 * UEFI keeps boot entries and enrolled keys in a file beside the disks (libvirt's `nvram`), which
 * no API gives. One concern for all servers, because most guests do not need it.
 */
export function firmware(contents: Contents, servers: readonly ApiServer[]): Concern[] {
  const keeping = servers.filter((server) => keepsVariables(machineOf(server, contents)));
  return ofAll(keeping, contents, (names) => ({
    code: 'server.firmware',
    severity: 'warning',
    says: `What UEFI keeps of ${names} beside the disk stays at the source: boot entries, and keys that were enrolled for secure boot.`,
    remedy:
      'Nothing, where the guest’s boot loader lies in \\EFI\\BOOT too, as in most cloud images. Otherwise install it there first (grub-install --removable, bcdboot).',
  }));
}

/**
 * The serial number of a volume is made from its id (nova/virt/libvirt/volume/volume.py,
 * `conf.serial`), and udev names it by that: /dev/disk/by-id/virtio-….
 */
export function serials(contents: Contents, servers: readonly ApiServer[]): Concern[] {
  const having = servers.filter(({ id }) => (contents.attachments.get(id) ?? []).length > 0);
  return ofAll(having, contents, (names) => ({
    code: 'server.volume_serial',
    severity: 'warning',
    says: `Each volume of ${names} gets another id, and so another serial number: what a guest names by /dev/disk/by-id it does not find.`,
    remedy: 'Nothing, where /etc/fstab, /etc/crypttab and scripts of the guests name file systems by UUID, label or LVM.',
  }));
}

/** One concern for all the servers that it is about. */
function ofAll(servers: readonly ApiServer[], contents: Contents, told: (names: string) => Omit<Concern, 'about'>): Concern[] {
  const [first, ...others] = servers;
  if (first === undefined) return [];
  const labels = labelsOf(contents.servers);
  const names = servers.map(({ id, name }) => labels.get(id) ?? name).sort();
  const about = others.length === 0 ? { about: refOf('server', first.id) } : {};
  return [{ ...told(names.join(', ')), ...about }];
}

/** On ARM every guest starts by UEFI (nova/virt/libvirt/driver.py, `_check_uefi_support`). */
function keepsVariables(machine: Readonly<Record<string, unknown>>): boolean {
  const isArm = [machine['hw_architecture'], machine['architecture']].includes('aarch64');
  const isUefi = machine['hw_firmware_type'] === 'uefi' || (isArm && machine['hw_firmware_type'] === undefined);
  return isUefi && String(machine['hw_firmware_stateless']).toLowerCase() !== 'true';
}

/**
 * The properties from which Nova made the machine: of the image, or of the volume it boots from.
 */
function machineOf(server: ApiServer, contents: Contents): Readonly<Record<string, unknown>> {
  if (!bootsFromVolume(server)) {
    const image = contents.images.find(({ id }) => server.image && id === server.image.id);
    return image ?? heirOf(server, contents) ?? {};
  }
  const root = rootOf(server, contents.attachments.get(server.id) ?? []);
  return contents.volumes?.find(({ id }) => id === root?.volumeId)?.volume_image_metadata ?? {};
}
