import { z } from 'zod';
import { common, Id } from './resource-fields.ts';

/**
 * A DNS zone. Fields as in the DNS API reference, "Zones"; its name is that of the zone, with a
 * final dot.
 */
export const DnsZone = z.object({
  ...common,
  /** `PRIMARY`, or `SECONDARY`: a copy that is transferred from its masters. */
  type: z.enum(['PRIMARY', 'SECONDARY']).default('PRIMARY'),
  /** Null for a secondary zone, as is `ttl`: they come with the transfer. */
  email: z.string().nullable().default(null),
  ttl: z.int().nullable().default(null),
  description: z.string().default(''),
  masters: z.array(z.string()).default([]),
  /** By which the cloud chooses its name servers. */
  attributes: z.record(z.string(), z.string()).default({}),
});

/**
 * The records of one name and type in a zone. Fields as in the DNS API reference, "Recordsets".
 * `ttl`: null where it is that of the zone.
 */
export const DnsRecordSet = z.object({
  ...common,
  zone_id: Id,
  type: z.string().min(1),
  ttl: z.int().nullable().default(null),
  description: z.string().default(''),
  records: z.array(z.string()),
});
