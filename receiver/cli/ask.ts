import { asksThrough, type DaemonAsking } from '../../shared/cli/ask.ts';
import { readReceiverConfig } from '../config.ts';
import { type ReceiverClient, receiverClient } from '../control/client.ts';

/** What a command of the receiver works with: its output and options, and the daemon. */
export type ReceiverAsking = DaemonAsking<ReceiverClient>;

/** Makes a command's action that asks the running receiver. */
export const asks = asksThrough(async (configFile) => receiverClient((await readReceiverConfig(configFile)).control));
