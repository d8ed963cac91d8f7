import { isAccepted } from '../../shared/model/accepted.ts';
import type { Concern } from '../../shared/model/concern.ts';
import { rowOfConcern } from '../../shared/model/concern-table.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import { withSubports } from '../../shared/model/plugged.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import type { Fact } from '../migration/fact.ts';
import type { Move } from '../migration/move.ts';
import type { Campaign } from './campaign.ts';
import { foreseenIn } from './compare/told.ts';
import { isOneStopped } from './move-together.ts';
import { isInterrupted, type StepTools, workSignal } from './step.ts';

/**
 * Asks the destination once more what stands in the way of the servers that are next, and notes
 * those as failed of whose flavor, networks, zone or volume types it now says something else than
 * before the start; the journal notes it as `phase`. The others go on. A receiver that cannot
 * answer holds nothing up: what is gone fails the servers by itself.
 */
export async function holdDrifted(campaign: Campaign, moves: readonly Move[], tools: StepTools, phase: string): Promise<void> {
  const { id, document, journal } = campaign;
  // The failure of one takes its whole atomic group back, also those that are stopped already.
  const isBegun = (group: readonly Move[]): boolean => isOneStopped(campaign, group);
  const next = campaign.groupsOf(moves).flatMap((group) => (isBegun(group) ? [] : group));
  if (next.length === 0) return;
  const found = await newConcerns(campaign, tools);
  for (const { server } of next) {
    const needed = neededBy(server.id, document);
    const accepted = toldBefore(journal.facts, server.id);
    const about = found.filter((one) => one.about !== undefined && needed.has(one.about));
    const drift = about.filter(({ severity, says }) => severity === 'blocking' || !accepted.includes(says));
    if (drift.length === 0) continue;
    const problem = driftOf(server.name, refOf('server', server.id), drift).toJSON();
    tools.log.warn({ campaign: id, server: server.id, drift: drift.map(({ says }) => says) }, 'the destination changed');
    await journal.append({ fact: 'problem', server: server.id, phase, problem });
    await journal.append({ fact: 'failed', server: server.id, problem });
  }
}

/** What is said now of what the plan maps to, and was not said before the start. */
async function newConcerns({ id, document, journal }: Campaign, tools: StepTools): Promise<Concern[]> {
  // A campaign that an earlier release began did not note what was said.
  if (!journal.facts.some(({ fact }) => fact === 'foreseen')) return [];
  try {
    const { concerns } = await tools.ask('campaign.preflight', { campaign: id, configurations: document }, workSignal(tools));
    return unforeseen(concerns, foreseenIn(journal.facts).concerns, document.mappings);
  } catch (error) {
    if (isInterrupted(tools) || workSignal(tools).aborted) throw error;
    tools.log.warn({ campaign: id, problem: asProblem(error).toJSON() }, 'the destination could not be looked at again');
    return [];
  }
}

/**
 * What is said now of what a plan maps to, and neither was said before nor is accepted by the plan,
 * in whatever words: those change with every part of a loss.
 */
export function unforeseen(now: readonly Concern[], before: readonly Concern[], mappings: Mappings): Concern[] {
  const said = new Set(before.map(keyOf));
  const ofMapped = now.filter(({ code }) => rowOfConcern(code)?.ofMapped === true);
  return ofMapped.filter((one) => !said.has(keyOf(one)) && !isAccepted(one, mappings));
}

/** A concern whose severity the plan lowers is the same one. */
function keyOf({ code, about, says }: Concern): string {
  return `${code} ${about ?? ''} ${says}`;
}

/** What a person was told of a server, and answered with another wish. */
function toldBefore(facts: readonly Fact[], server: string): string {
  const asked = facts.findLastIndex(({ fact }) => fact === 'asked');
  return facts
    .slice(0, Math.max(0, asked))
    .flatMap((fact) =>
      fact.fact === 'failed' && fact.server === server && fact.problem.code === 'E_DRIFT' ? [fact.problem.says] : [],
    )
    .join('\n');
}

function driftOf(name: string, about: Ref, drift: readonly Concern[]): Problem {
  const says = drift.map((one) => one.says).join(' ');
  return new Problem('E_DRIFT', `The destination changed since the plan of ${name} was checked: ${says}`, { about });
}

/** The refs under which something is said of what a server or a lone volume needs there. */
function neededBy(id: string, document: Configurations): ReadonlySet<Ref> {
  const server = document.servers.find((one) => one.id === id);
  const own = new Set([id, ...(server?.volumes ?? []).map(({ volume_id }) => volume_id)]);
  const types = new Set(document.volumes.filter((volume) => own.has(volume.id)).map(({ volume_type }) => volume_type));
  // What is said of a type is said of one of its volumes.
  const volumes = document.volumes.filter(({ volume_type }) => types.has(volume_type));
  const plugged = new Set(server === undefined ? [] : withSubports(server.ports, document));
  const ports = document.ports.filter((port) => plugged.has(port.id));
  const floating = document.floating_ips.filter(({ port_id }) => port_id !== null && plugged.has(port_id));
  const networks = [...ports.map(({ network_id }) => network_id), ...floating.map((ip) => ip.floating_network_id)];
  return new Set([
    refOf('server', id),
    ...(server === undefined ? [] : [refOf('flavor', server.flavor_id)]),
    ...volumes.map((volume) => refOf('volume', volume.id)),
    ...networks.map((network) => refOf('network', network)),
  ]);
}
