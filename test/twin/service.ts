/** The services of one twin; each is a path prefix on its single port. */
export const serviceNames = ['identity', 'image', 'network', 'compute', 'volume', 'dns', 'elsewhere'] as const;

/** One of the services. */
export type ServiceName = (typeof serviceNames)[number];

/** Further services, of which a twin has nothing but lists, by their types in the catalogue. */
export const shelfTypes = [
  'load-balancer',
  'orchestration',
  'sharev2',
  'object-store',
  'key-manager',
  'container-infra',
  'database',
] as const;

/** One of them. */
export type ShelfType = (typeof shelfTypes)[number];

/** What the project demo has there, by name. A service without a list is absent. */
export type Elsewhere = Readonly<Partial<Record<ShelfType, readonly string[]>>>;
