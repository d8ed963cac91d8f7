import { provider } from '../provider.ts';
import { OpenStackSettings } from './account/config.ts';
import { resolveAccess } from './account/credentials.ts';

/**
 * OpenStack, over its public HTTP APIs. Only here are the OS_* variables read. Each half is loaded
 * when it is opened, so that a command that only asks the daemon does not wait for it.
 */
export const openstack = provider({
  name: 'openstack',
  settings: OpenStackSettings,
  source: async (settings) => {
    const { OpenStackSource } = await import('./source.ts');
    return new OpenStackSource(await resolveAccess(settings, process.env));
  },
  retirement: async (settings) => {
    const { OpenStackRetirement } = await import('./retirement.ts');
    return new OpenStackRetirement(await resolveAccess(settings, process.env));
  },
  destination: async (settings) => {
    const { OpenStackDestination } = await import('./destination.ts');
    return new OpenStackDestination(await resolveAccess(settings, process.env), settings);
  },
  examine: async (settings, side, signal) => {
    const { examine } = await import('./session/examine.ts');
    return examine(await resolveAccess(settings, process.env), side, signal);
  },
});
