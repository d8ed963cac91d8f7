import { z } from 'zod';
import { Id } from './resource.ts';

/** A list or map whose `null` is read as empty: an editor leaves that where all was deleted. */
export function orEmpty<T extends z.ZodType>(schema: T, empty: z.output<T>) {
  return schema.nullish().transform((value) => value ?? empty);
}

/**
 * How things of the source become things of the destination. Keys are source ids (a keypair's is
 * its name); `name` is for people.
 */
export const Mappings = z.strictObject({
  /** `to`: a destination flavor's id or name, or `create`. */
  flavors: orEmpty(z.record(Id, z.strictObject({ name: z.string().optional(), to: z.string().min(1) })), {}),
  /**
   * `to`: a destination network's id or name, or `create`. External networks cannot be created,
   * only mapped.
   */
  networks: orEmpty(z.record(Id, z.strictObject({ name: z.string().optional(), to: z.string().min(1) })), {}),
  /**
   * `ip`: the router's address in the external network: `auto`, `same`, or an address. Keys are
   * router ids.
   */
  gateways: orEmpty(z.record(Id, z.strictObject({ name: z.string().optional(), ip: z.string().min(1) })), {}),
  /** `to`: `same`, `auto` (another address from the pool), `skip`, or an address. */
  floating_ips: orEmpty(z.record(Id, z.strictObject({ address: z.string().optional(), to: z.string().min(1) })), {}),
  /**
   * `availability_zone`: where a server is built, `ZONE`, or `ZONE:HOST` for admins; the
   * destination's scheduler chooses for the others.
   */
  servers: z
    .record(
      Id,
      z.strictObject({
        name: z.string().optional(),
        availability_zone: z.string().regex(/^[^:\s]+(:[^:\s]+)?$/, 'must be ZONE, or ZONE:HOST'),
      }),
    )
    .optional(),
  /**
   * Fatal concerns that the operator accepts: a code, or a code and the ref that it is about
   * (`gateway.snat_rights gateway/6f…`). Only codes that may be accepted count.
   */
  accept: z.array(z.string().min(1)).readonly().optional(),
});
export type Mappings = z.infer<typeof Mappings>;

/** Maps nothing. */
export const noMappings: Mappings = Mappings.parse({});

/** One set of mappings out of several; where two map the same thing, the later one wins. */
export function overlaid(...layers: readonly Mappings[]): Mappings {
  const servers: Mappings['servers'] = Object.assign({}, ...layers.map((layer) => layer.servers));
  const accept = [...new Set(layers.flatMap((layer) => layer.accept ?? []))];
  return {
    ...(accept.length === 0 ? {} : { accept }),
    ...(Object.keys(servers ?? {}).length === 0 ? {} : { servers }),
    flavors: Object.assign({}, ...layers.map(({ flavors }) => flavors)) as Mappings['flavors'],
    networks: Object.assign({}, ...layers.map(({ networks }) => networks)) as Mappings['networks'],
    gateways: Object.assign({}, ...layers.map(({ gateways }) => gateways)) as Mappings['gateways'],
    floating_ips: Object.assign({}, ...layers.map(({ floating_ips }) => floating_ips)) as Mappings['floating_ips'],
  };
}
