import { z } from 'zod';
import { described } from './resource-fields.ts';

const amount = z.int().optional();

/** One rule of a QoS policy; which of the numbers it has depends on its type. */
const QosRule = z.object({
  type: z.string(),
  direction: z.string().optional(),
  max_kbps: amount,
  max_burst_kbps: amount,
  dscp_mark: amount,
  min_kbps: amount,
  min_kpps: amount,
  max_kpps: amount,
  max_burst_kpps: amount,
});

/** What limits or marks the traffic of ports. */
export const QosPolicy = z.object({
  ...described,
  /** Whether new networks of the project have it. */
  is_default: z.boolean().default(false),
  rules: z.array(QosRule).default([]),
});
