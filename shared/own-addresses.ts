import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** What tells the interfaces of a machine; `os.networkInterfaces` by default. */
export type Interfaces = () => Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The addresses that this machine has now; null where a sandbox keeps them from the process:
 * getifaddrs(3) asks the kernel over netlink, which `RestrictAddressFamilies=` of systemd.exec(5)
 * may forbid.
 */
export function ownAddresses(interfaces: Interfaces = networkInterfaces): readonly NetworkInterfaceInfo[] | null {
  try {
    return Object.values(interfaces()).flatMap((of) => of ?? []);
  } catch {
    return null;
  }
}
