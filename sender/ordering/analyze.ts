import { Problem } from '../../shared/problem.ts';
import type { Analysis } from './analysis/analysis.ts';
import { chooseMode } from './analysis/choose-mode.ts';
import { compareOrders } from './analysis/comparison.ts';
import { notesOf } from './analysis/notes.ts';
import { proposePlacement } from './analysis/propose-placement.ts';
import { changedRateOf, meanLoad, serverLoads, timedServers } from './analysis/server-loads.ts';
import type { AnalyzeOptions } from './input/options.ts';
import type { Tenant } from './input/tenant.ts';
import { defaultWeights, type OrderRequest } from './order/request.ts';
import { nameWaves } from './order/wave-names.ts';
import { backtest } from './prediction/backtest.ts';
import { fitSite } from './prediction/fit.ts';
import { assumedSite, withLink } from './prediction/model.ts';
import { crossover, predict } from './prediction/predict.ts';
import { findServices } from './services/find-services.ts';
import type { Service, ServiceMembers } from './services/service.ts';
import { askingServerFirst, trafficPairs } from './traffic/pairs.ts';

/**
 * Finds the services of a tenant, proposes order, waves and mode, and compares them with other
 * orders. The same input gives the same result. Throws E_ORDER, E_PLACEMENT, or E_USAGE where
 * nothing moves.
 */
export function analyze(tenant: Tenant, options: AnalyzeOptions): Analysis {
  const { servers, traffic } = tenant;
  if (servers.length === 0) throw new Problem('E_USAGE', 'There is no server to order: no plan, document or matrix names one.');
  const { seed, history } = options;
  const ids = new Set(servers.map(({ id }) => id));
  const pairs = trafficPairs(traffic).filter(({ a, b }) => ids.has(a) && ids.has(b));
  const services = findServices(traffic, servers, { groups: options.services, noise: options.noise });
  const members = weightedServices(services, options.services);
  const weights = { ...defaultWeights, ...options.weights };
  const measured = history.map((past) => past.measured);
  const linkRate = slowestRate(options.linkRate, tenant.bandwidth);
  const prior = linkRate === undefined ? assumedSite : withLink(assumedSite, linkRate);
  const site = fitSite(measured, prior, linkRate);
  const loads = serverLoads(servers, measured, tenant.rounds);
  const requestFor = (parallel: number): OrderRequest => ({
    servers: timedServers(servers, loads, site, parallel),
    pairs,
    services: members,
    parallel,
    weights,
    seed,
    pauseMs: tenant.pauseMs,
    gapMs: options.gapMs,
    limits: options.limits,
    before: options.before,
    together: [...options.together, ...tenant.rolling],
  });
  const { mode, prediction, all } = chooseMode({
    requestFor,
    parallel: options.parallel,
    ownWaves: tenant.rolling,
    weights,
    model: site,
    loads,
  });
  const asGiven = predict(site, loads, members, {
    name: 'as it stands',
    waves: tenant.given,
    parallel: tenant.parallel,
    pauseMs: tenant.pauseMs,
  });
  const analysis = {
    services: inOrderOfMoves(services, mode.waves),
    servers,
    weights,
    comparison: compareOrders(mode, tenant, seed),
    site,
    changedRate: changedRateOf(measured),
    prediction,
    modes: all,
    seed,
    pairs,
    parallel: mode.parallel,
    waves: nameWaves(mode.waves, services),
    talks: askingServerFirst(pairs, traffic),
    asGiven,
    crossover: crossover(site, meanLoad(loads)),
    past: backtest(history, prior, options.linkRate),
    ...proposePlacement(tenant, options.hosts, pairs, seed),
  };
  return { ...analysis, notes: notesOf(analysis, tenant) };
}

/** The services that were found, with the weights of those that the operator named. */
function weightedServices(services: readonly Service[], named: readonly ServiceMembers[]): ServiceMembers[] {
  const weights = new Map(named.map(({ name, weight }) => [name, weight]));
  return services.map(({ name, servers }) => ({ name, servers, weight: weights.get(name) }));
}

/** The slower of the measured rate of the line and the bandwidth that the plan allows. */
function slowestRate(linkRate: number | undefined, bandwidth: number | null): number | undefined {
  const rates = [linkRate, bandwidth].filter((rate) => typeof rate === 'number');
  return rates.length === 0 ? undefined : Math.min(...rates);
}

function inOrderOfMoves(services: readonly Service[], waves: readonly (readonly string[])[]): Service[] {
  const place = new Map(waves.flat().map((id, index) => [id, index]));
  const first = (service: Service): number => Math.min(...service.servers.map((id) => place.get(id) ?? 0));
  return [...services].sort((a, b) => first(a) - first(b));
}
