import { Problem } from '../../../shared/problem.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/** Refuses a server that cannot be stopped and started, and learns what a rollback must restore. */
export async function look({ server }: Move, { source, signal }: Tools): Promise<Learned> {
  const about = `server/${server.id}`;
  const { power, word, busy, locked, isHostDown, fault } = await source.state(server.id, signal);
  // A stopped server is only snapshotted, which a lock does not forbid.
  if (locked && power !== 'stopped')
    throw new Problem('E_SERVER_STATE', `Server ${server.name} is locked; it cannot be stopped.`, {
      about,
      hint: 'Unlock it at the source, then `sender resume`.',
    });
  if (power === 'other') {
    const why = fault === null ? '' : ` (${fault})`;
    const says = `Server ${server.name} is ${word}${why}; only servers that run or are stopped can be moved.`;
    throw new Problem('E_SERVER_STATE', says, { about });
  }
  if (isHostDown) throw hostDown(server);
  if (busy !== null)
    throw new Problem('E_SERVER_STATE', `Server ${server.name} is busy (${busy}).`, {
      about,
      hint: 'Wait until the task has ended, then `sender resume`.',
    });
  return { was: power };
}

/** Says that a server's host is down: a stop that is asked for would wait in the downtime. */
export function hostDown({ id, name }: { readonly id: string; readonly name: string }): Problem {
  return new Problem('E_SERVER_STATE', `The host of server ${name} is down, so it can be neither stopped nor snapshotted.`, {
    about: `server/${id}`,
    hint: 'Bring the host back, or evacuate the server, then `sender resume`.',
  });
}
