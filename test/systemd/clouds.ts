import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCloudsFile } from '../playground/clouds-file.ts';
import { offersOf } from '../playground/offers.ts';
import { equip } from '../playground/playground.ts';
import { makeTenant } from '../playground/tenant.ts';
import { startTwins } from '../support/clouds.ts';
import { Endings } from '../support/endings.ts';

// usage: clouds.ts FOLDER. Two embedded clouds with a tenant in one, until SIGTERM; `ready` in the
// folder says that `clouds.yaml` and the tenant are complete.
const [dir = '.'] = process.argv.slice(2);
const endings = new Endings();
const twins = await startTwins(dir, { pace: 0.25, guest: true }, endings);
process.once('SIGTERM', () => void endings.run().then(() => process.exit(0)));
await writeCloudsFile(dir, twins);
const [west] = await Promise.all([equip(twins.west, offersOf.west, false), equip(twins.east, offersOf.east, true)]);
await makeTenant(west.user, dir);
await writeFile(join(dir, 'ready.new'), '');
await rename(join(dir, 'ready.new'), join(dir, 'ready'));
