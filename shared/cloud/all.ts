import { openstack } from './openstack/index.ts';
import type { Provider } from './provider.ts';

/** Every kind of cloud this release can move from or to, one line each. */
export const providers: Readonly<Record<string, Provider<unknown>>> = {
  openstack,
};
