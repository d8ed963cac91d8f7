import type { Access } from './access.ts';
import { endpointOf, type Service } from './catalogue.ts';
import { Session } from './session.ts';

/** The services that a tenant is made of. */
const services: readonly Service[] = ['compute', 'network', 'image'];

/** Logs in and asks each service for its answer, one line each. Throws the problem that prevents it. */
export async function examine(access: Access, signal: AbortSignal): Promise<readonly string[]> {
  const session = new Session(access);
  try {
    const token = await session.token(signal);
    const roles = token.roles.join(', ') || 'no role';
    const lines = [`project ${token.projectName} (${token.projectId}) with ${roles}, by ${access.origin}`];
    for (const service of services) {
      const path = service === 'compute' ? '/limits' : service === 'network' ? '/extensions' : '/images';
      const query = service === 'image' ? { limit: 1 } : {};
      await session.call({ method: 'GET', service, path, query, signal });
      const version = service === 'compute' ? ` ${await session.microversion(signal)}` : '';
      lines.push(`${service}${version} at ${endpointOf(access, token, service)}`);
    }
    return lines;
  } finally {
    await session.close();
  }
}
