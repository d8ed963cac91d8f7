import { asksThrough, type DaemonAsking } from '../../shared/cli/ask.ts';
import { readSenderConfig } from '../config.ts';
import { type SenderClient, senderClient } from '../control/client.ts';

/** What a command of the sender works with: its output and options, and the daemon. */
export type SenderAsking = DaemonAsking<SenderClient>;

/** Makes a command's action that asks the running sender. */
export const asks = asksThrough(async (configFile) => senderClient((await readSenderConfig(configFile)).control));
