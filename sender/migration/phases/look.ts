import { Problem } from '../../../shared/problem.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/**
 * Refuses a server that cannot be stopped and started before anything happens to it, and learns
 * what a rollback must restore.
 */
export async function look({ server }: Move, { source, signal }: Tools): Promise<Learned> {
  const about = `server/${server.id}`;
  const { status, taskState, locked, fault } = await source.state(server.id, signal);
  if (locked)
    throw new Problem('E_SERVER_STATE', `Server ${server.name} is locked; it cannot be stopped.`, {
      about,
      hint: 'Unlock it (`openstack server unlock`), then `sender resume`.',
    });
  if (status === 'ERROR')
    throw new Problem('E_SERVER_STATE', `Server ${server.name} is in ERROR${fault === null ? '' : `: ${fault}`}.`, { about });
  if (status !== 'ACTIVE' && status !== 'SHUTOFF')
    throw new Problem('E_SERVER_STATE', `Server ${server.name} is ${status}; only ACTIVE and SHUTOFF servers can be moved.`, {
      about,
    });
  if (taskState !== null)
    throw new Problem('E_SERVER_STATE', `Server ${server.name} is busy (${taskState}).`, {
      about,
      hint: 'Wait until the task has ended, then `sender resume`.',
    });
  return { was: status };
}
