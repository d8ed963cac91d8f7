import { OpenStackSettings } from './openstack/config.ts';
import { type Provider, provider } from './provider.ts';

/** Every kind of cloud this release can move from or to, one line each. */
export const providers: Readonly<Record<string, Provider<unknown>>> = {
  openstack: provider({ name: 'openstack', settings: OpenStackSettings }),
};
