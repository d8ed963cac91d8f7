import { asksThrough } from '../../shared/cli/ask.ts';
import { readReceiverConfig } from '../config.ts';
import { receiverClient } from '../control/client.ts';

/** Makes a command's action that asks the running receiver. */
export const asks = asksThrough(async (configFile) => receiverClient((await readReceiverConfig(configFile)).control));
