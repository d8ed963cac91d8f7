import type { Configurations } from '../../shared/model/configurations.ts';
import { movedImagesOf } from '../../shared/model/lone-volumes.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import { Plan, type PlanExtent } from '../model/plan.ts';
import { namedVolumesOf } from './named-volumes.ts';

/**
 * A new plan: every server in one wave, in the document's order, and every volume without a
 * server; the snapshots that become volumes follow these without being named. What the mappings
 * leave out is named by the preflight.
 */
export function makePlan(
  document: Configurations,
  mappings: Mappings,
  parallel = 1,
  extent: PlanExtent = { whole: false },
): Plan {
  return Plan.parse({
    version: 1,
    source: { project_id: document.source.project_id, project_name: document.source.project_name, ...extent },
    options: { parallel },
    waves:
      document.servers.length === 0 ? [] : [{ name: 'wave-1', servers: document.servers.map(({ id, name }) => ({ id, name })) }],
    volumes: namedVolumesOf(document).map(({ id, name }) => ({ id, name })),
    images: movedImagesOf(document).map(({ id, name }) => ({ id, name })),
    mappings,
  });
}

/**
 * The document with its servers in the order they were asked for, by name or id; those that nobody
 * named follow by name.
 */
export function inAskedOrder(document: Configurations, asked: readonly string[]): Configurations {
  const place = ({ id, name }: { id: string; name: string }): number => {
    const at = asked.findIndex((wanted) => wanted === id || wanted === name);
    return at < 0 ? asked.length : at;
  };
  const servers = [...document.servers].sort(
    (a, b) => place(a) - place(b) || compareText(a.name, b.name) || compareText(a.id, b.id),
  );
  return { ...document, servers };
}

/** By code unit: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
