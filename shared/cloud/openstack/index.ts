import { provider } from '../provider.ts';
import { OpenStackSettings } from './config.ts';
import { resolveAccess } from './credentials.ts';
import { OpenStackDestination } from './destination.ts';
import { examine } from './examine.ts';
import { OpenStackRetirement } from './retirement.ts';
import { OpenStackSource } from './source.ts';

/** OpenStack, over its public HTTP APIs. The credentials' own variables (OS_*) are read here, where a cloud is opened, and nowhere below. */
export const openstack = provider({
  name: 'openstack',
  settings: OpenStackSettings,
  source: async (settings) => new OpenStackSource(await resolveAccess(settings, process.env)),
  retirement: async (settings) => new OpenStackRetirement(await resolveAccess(settings, process.env)),
  destination: async (settings) => new OpenStackDestination(await resolveAccess(settings, process.env)),
  examine: async (settings, signal) => examine(await resolveAccess(settings, process.env), signal),
});
