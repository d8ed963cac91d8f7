/** The services of one twin; each is a path prefix on its single port. */
export const serviceNames = ['identity', 'image', 'network', 'compute', 'volume'] as const;

/** One of the services. */
export type ServiceName = (typeof serviceNames)[number];
