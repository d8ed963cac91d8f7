import { z } from 'zod';
import { seconds, wholeNumber } from '../../shared/control/params.ts';
import { type Configurations, groupByKind, parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import { Probe } from '../../shared/model/probe.ts';
import { Problem } from '../../shared/problem.ts';
import { mostParallel, type Plan, serversOf } from '../model/plan.ts';

/** Options of `sender migrate` that override the plan's. `probe` is for servers that have none. */
export const MigrateOptions = z.object({
  order: z.array(z.string().min(1)).readonly().optional(),
  parallel: wholeNumber(mostParallel).optional(),
  delaySeconds: seconds().optional(),
  probe: Probe.optional(),
});
export type MigrateOptions = z.infer<typeof MigrateOptions>;

/** The plan with these options; `order` moves the named servers first, all in one wave. */
export function withOptions(
  plan: Plan,
  document: Configurations,
  { order, parallel, delaySeconds, probe }: MigrateOptions,
  file: string,
): Plan {
  const options = {
    ...plan.options,
    ...(parallel === undefined ? {} : { parallel }),
    ...(delaySeconds === undefined ? {} : { delay_seconds: delaySeconds }),
  };
  const probed = plan.waves.map((wave) => ({
    ...wave,
    servers: wave.servers.map((server) => (probe === undefined ? server : { probe, ...server })),
  }));
  if (order === undefined) return { ...plan, options, waves: probed };
  const farm = plan.waves.find(({ rolling }) => rolling);
  if (farm !== undefined)
    throw new Problem(
      'E_PLAN',
      `--order makes one wave of all, but ${farm.name} of ${file} moves in halves; write the order there.`,
      {
        about: file,
      },
    );
  const all = probed.flatMap(({ servers }) => servers);
  const ids = order.map((wanted) => {
    const matches = document.servers.filter(({ id, name }) => id === wanted || name === wanted);
    const only = matches[0];
    if (only === undefined || matches.length > 1)
      throw new Problem(
        'E_PLAN',
        `--order names ${wanted}, which is ${only === undefined ? 'no' : 'more than one'} server of ${file}.`,
        { about: file },
      );
    return only.id;
  });
  const first = ids.flatMap((id) => all.filter((server) => server.id === id));
  const rest = all.filter(({ id }) => !ids.includes(id));
  return { ...plan, options, waves: [{ name: 'ordered', servers: [...first, ...rest] }] };
}

/** The document with its servers in the order they move. */
export function inOrderOf(plan: Plan, document: Configurations): Configurations {
  const order = serversOf(plan);
  const servers = [...document.servers].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  return parseConfigurations({ ...document, ...groupByKind(resourcesOf({ ...document, servers })) });
}
