import { z } from 'zod';
import { command } from '../../../shared/control/command.ts';
import * as planning from '../capture-and-plan.ts';
import { checkPlan as check } from '../check-plan.ts';
import type { SenderContext } from '../context.ts';
import { OfPlan, OfSelection } from './params.ts';

/** Reads what a project holds. */
export const capture = command({
  does: 'Write down what a project holds, as a configurations.json: networks, routers, security groups, ports, images, servers. Neither cloud is changed.',
  exits: [20, 22],
  params: OfSelection,
  run: async (selection, context: SenderContext) => await planning.capture(selection, context),
});

/** Plans the move of a project. */
export const plan = command({
  does: 'Write a plan to read and edit: what moves, in which order, to what, and every problem that would stop the move. Neither cloud is changed.',
  exits: [10, 11, 12, 20, 21, 22],
  params: OfPlan,
  run: async (asked, context: SenderContext) => await planning.planMove(asked, context),
});

/** Holds an edited plan against both clouds; `file` names its origin in complaints. */
export const checkPlan = command({
  does: 'Check an edited plan without starting it: what it says otherwise than a new plan would, and what would stop it. The exit status is 40 where something would, and 0 where it only says otherwise.',
  exits: [10, 11, 12, 20, 21, 22],
  params: z.object({ plan: z.string(), file: z.string() }),
  run: async ({ plan: text, file }, context: SenderContext) => await check(text, file, context),
});
