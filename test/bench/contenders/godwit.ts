import type { Lab } from '../lab/lab.ts';
import type { Contender, Job, Ready } from './contender.ts';
import { Ours } from './ours.ts';

const server = 'server';

/**
 * Godwit, with TLS, fdatasync, the seal's comparison and the dialling included. The daemons run
 * already, as they do on a controller.
 */
export const godwit: Contender = {
  name: 'godwit',
  async prepare(lab: Lab, { disk, older }: Job): Promise<Ready> {
    const ours = await Ours.open(lab, [server]);
    if (older !== undefined) await ours.move({ [server]: older });
    return {
      arrived: ours.arrived(server),
      run: async () => (await ours.move({ [server]: disk })).seconds,
      peakBytes: () => ours.peakBytes(),
      close: () => ours.close(),
    };
  },
};
