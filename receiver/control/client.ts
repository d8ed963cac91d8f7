import { type Client, clientOf } from '../../shared/control/client.ts';
import { receiverCommands } from './registry.ts';

/** The commands of the receiver that listens at a control socket. */
export function receiverClient(socket: string): Client<typeof receiverCommands> {
  return clientOf(socket, receiverCommands);
}
