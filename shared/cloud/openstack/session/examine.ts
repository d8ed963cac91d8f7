import { Problem } from '../../../problem.ts';
import { type RightsStanding, standingOf } from '../rights/standing.ts';
import type { Access } from './access.ts';
import { type ApiService, endpointOf } from './catalogue.ts';
import type { CloudSide } from './refusal.ts';
import { CloudSession } from './session.ts';

/**
 * A small read of each service that proves its endpoint: Networking API v2.0 and Image API v2, one
 * item each.
 */
const reads = [
  { service: 'network', path: '/networks', query: { limit: 1, fields: 'id' } },
  { service: 'image', path: '/images', query: { limit: 1 } },
] as const satisfies readonly { service: ApiService; path: string; query: object }[];

/**
 * How far this machine's clock may be from the cloud's before it is worth a word: tokens and
 * reports carry times.
 */
const skewMs = 60_000;

/**
 * Logs in, asks every service one harmless thing, and finds what the credentials may do; writes
 * nothing. Throws the problem that prevents it.
 */
export async function examine(access: Access, side: CloudSide, signal: AbortSignal): Promise<RightsStanding> {
  const session = new CloudSession(access, ({ method }) => {
    if (method !== 'GET') throw new Problem('E_FORBIDDEN', `An examination only reads; it must not ${method}.`);
  });
  try {
    const token = await session.token(signal);
    const microversion = await session.microversion(signal);
    const volumes = (await session.has('volume', signal)) ? await session.microversion(signal, 'volume') : null;
    const answers = [];
    for (const read of reads) answers.push(await session.call({ method: 'GET', ...read, signal }));
    const skew = Math.abs(Date.now() - Date.parse(answers[0]?.headers['date'] ?? ''));
    const { says, remedy } = await standingOf(session, side, signal);
    const found = [
      `${access.origin}: project ${token.projectName || token.projectId}, ${token.roles.join(', ') || 'no role'}`,
      `compute ${endpointOf(access, token, 'compute')}, microversion ${microversion}`,
      ...reads.map(({ service }) => `${service} ${endpointOf(access, token, service)}`),
      volumes === null ? 'volume: none' : `volume ${endpointOf(access, token, 'volume')}, microversion ${volumes}`,
      ...(token.hasAccessRules ? ['its application credential has access rules: calls that none names will be refused'] : []),
      ...(skew > skewMs ? [`its clock and ours differ by ${Math.round(skew / 1_000)} s`] : []),
    ];
    return { says: [...found, ...says], remedy };
  } finally {
    await session.close();
  }
}
