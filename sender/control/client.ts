import { type Client, clientOf } from '../../shared/control/client.ts';
import { senderCommands } from './registry.ts';

/** The sender's commands as another process asks for them. */
export type SenderClient = Client<typeof senderCommands>;

/** The commands of the sender that listens at a control socket. */
export function senderClient(socket: string): SenderClient {
  return clientOf(socket, senderCommands);
}
