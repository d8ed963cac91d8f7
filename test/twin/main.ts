import { parseArgs } from 'node:util';
import { startTwin } from './twin.ts';

const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    region: { type: 'string', default: 'RegionOne' },
    password: { type: 'string' },
    projects: { type: 'string' },
    pace: { type: 'string', default: '1' },
    'token-life': { type: 'string', default: '3600' },
    'page-size': { type: 'string' },
    'state-every': { type: 'string', default: '0' },
    'zero-disk-for-members': { type: 'boolean', default: false },
    guest: { type: 'boolean', default: false },
  },
});

if (values.state === undefined) {
  process.stderr.write(
    'usage: main.ts --state DIR [--port N] [--host A] [--region NAME] [--password P] [--projects a,b] [--pace X] [--token-life S] [--page-size N] [--state-every MS] [--guest]\n',
  );
  process.exit(2);
}

const twin = await startTwin({
  stateDir: values.state,
  port: Number(values.port),
  host: values.host,
  region: values.region,
  pace: Number(values.pace),
  tokenLifeSeconds: Number(values['token-life']),
  guest: values.guest,
  stateEveryMs: Number(values['state-every']),
  zeroDiskForMembers: values['zero-disk-for-members'],
  seed: {
    ...(values.password === undefined ? {} : { password: values.password }),
    ...(values.projects === undefined ? {} : { projects: values.projects.split(',') }),
  },
  ...(values['page-size'] === undefined ? {} : { pageSize: Number(values['page-size']) }),
});

process.stdout.write(`${JSON.stringify({ authUrl: twin.authUrl })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void twin.stop().then(() => process.exit(0)));
