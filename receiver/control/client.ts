import { type Client, clientOf } from '../../shared/control/client.ts';
import { receiverCommands } from './registry.ts';

/** The commands of a running receiver. */
export type ReceiverClient = Client<typeof receiverCommands>;

/** The commands of the receiver that listens at a control socket. */
export function receiverClient(socket: string): ReceiverClient {
  return clientOf(socket, receiverCommands);
}
