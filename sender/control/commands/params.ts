import { z } from 'zod';
import type { Selection } from '../../../shared/cloud/source-cloud.ts';
import { OfCampaign } from '../../../shared/control/params.ts';
import type { PlanAsked } from '../capture-and-plan.ts';

/** Ids or names of servers. */
export const Names = z.array(z.string().min(1)).readonly();

/** What is chosen: `servers` empty means all; `volumes`: those that no server has. */
const selected = {
  project: z.string().min(1).optional(),
  servers: Names,
  users: Names.optional(),
  tags: Names.optional(),
  volumes: Names.optional(),
  images: Names.optional(),
  withoutImages: z.boolean().optional(),
};

/** Of a command about servers: those that fit everything given. */
export const OfSelection: z.ZodType<Selection, Selection> = z.object(selected);

/** Of a command that plans a move. `above`: a score from 0 to 1. */
export const OfPlan: z.ZodType<PlanAsked, PlanAsked> = z.object({
  ...selected,
  why: z.string().min(1).optional(),
  accepted: z
    .object({
      above: z.number().min(0).max(1).optional(),
      chosen: z.array(z.object({ ref: z.string(), to: z.string() })).optional(),
    })
    .optional(),
});

/**
 * Of a command about servers of a campaign, by id or name; none means all that the command fits.
 */
export const OfServers = OfCampaign.extend({ servers: Names });
