import { buildAll } from '../../../shared/journey/build-all.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/**
 * Has the receiver build the server's ports and floating IPs before the stop, as far as the running
 * server does not notice; the rest is built once it is stopped. Nothing is removed where the move
 * is taken back: the next attempt finds it, and a rollback of the campaign removes it.
 */
export function plug({ ports, floatingIps }: Move, { prepare, signal }: Tools): Promise<Learned> {
  return buildAll([...ports, ...floatingIps], (ref) => prepare(ref, signal));
}
