import { execFileSync } from 'node:child_process';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Watch } from '../../../../receiver/campaign/watch.ts';
import { Probe } from '../../../../shared/model/probe.ts';
import { answerOf, isNetworkProbe } from '../../../../shared/probe/answer.ts';
import { Sampler } from '../../../../shared/probe/sampler.ts';
import { haveGuestsHere } from '../../../../shared/probe/unrouted.ts';

haveGuestsHere();

const never = new AbortController().signal;

function canPing(): boolean {
  try {
    execFileSync('ping', ['-n', '-q', '-c', '1', '127.0.0.1'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A server on loopback that accepts connections until it is shut. */
async function aDoor(host = '127.0.0.1', port = 0): Promise<{ port: number; shut: () => Promise<void> }> {
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const shut = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  onTestFinished(() => (server.listening ? shut() : undefined));
  return { port: (server.address() as AddressInfo).port, shut };
}

async function until(seen: () => boolean): Promise<void> {
  for (const limit = Date.now() + 10_000; !seen(); await sleep(10)) if (Date.now() > limit) throw new Error('It did not come.');
}

test.each(['tcp:22', 'http:8080', 'http:8080/health', 'http:/health', 'ping', 'console:login:'])('a probe may be %s', (probe) => {
  expect(Probe.safeParse(probe).success).toBe(true);
  expect(isNetworkProbe(probe)).toBe(!probe.startsWith('console'));
});

test.each(['tcp', 'tcp:ssh', 'http:', 'ping:', 'ping -f', 'udp:53', ''])('a probe may not be %j', (probe) => {
  expect(Probe.safeParse(probe).success).toBe(false);
});

test('a port that accepts is an answer, one that refuses is none', async () => {
  const { port, shut } = await aDoor();
  expect(await answerOf(`tcp:${port}`, '127.0.0.1', 1000, never)).toMatchObject({ good: true });
  await shut();
  expect(await answerOf(`tcp:${port}`, '127.0.0.1', 1000, never)).toMatchObject({ good: false });
});

test('a page is an answer, a failure of the server behind it none', async () => {
  const server = createHttp((request, response) => response.writeHead(request.url === '/well' ? 200 : 503).end('…'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await answerOf(`http:${port}/well`, '127.0.0.1', 2000, never)).toMatchObject({ good: true });
  expect(await answerOf(`http:${port}/ill`, '127.0.0.1', 2000, never)).toMatchObject({ good: false });
});

test('what is no address never reaches the command line of ping', async () => {
  expect(await answerOf('ping', '-f', 1000, never)).toEqual({ good: false, says: '-f is no address.' });
});

test.skipIf(!canPing())('an address that echoes is an answer to ping, one that is not there is none (needs ping)', async () => {
  expect(await answerOf('ping', '127.0.0.1', 5000, never)).toMatchObject({ good: true });
  expect(await answerOf('ping', '240.0.0.1', 1000, never)).toMatchObject({ good: false });
});

test('a sampler notes the first and the last answer, and looks at addresses that become known later', async () => {
  const { port, shut } = await aDoor();
  const addresses: string[] = [];
  const sampler = new Sampler({ probe: `tcp:${port}`, addresses: () => addresses });
  onTestFinished(() => sampler.stop());
  await sampler.start();
  await sleep(300);
  expect(sampler.samples).toBe(0);
  addresses.push('127.0.0.1');
  const begun = performance.now();
  await until(() => (sampler.seen[0]?.answers ?? 0) >= 5);
  await shut();
  const shutMs = performance.now();
  const taken = sampler.samples;
  await until(() => sampler.samples >= taken + 5);
  const [seen] = sampler.seen;
  expect(seen?.firstMs).toBeGreaterThanOrEqual(begun);
  expect(seen?.lastMs).toBeLessThanOrEqual(shutMs);
  expect(seen?.lastMs).toBeGreaterThan(seen?.firstMs ?? 0);
});

test('what answers before a new server is begun belongs to somebody else; the first answer after that is its own', async () => {
  const stranger = await aDoor('127.0.0.1');
  let begun = false;
  const watch = new Watch({ probe: `tcp:${stranger.port}`, addresses: () => ['127.0.0.1', '127.0.0.2'], isBegun: () => begun });
  onTestFinished(() => watch.stop());
  await until(() => watch.look().samples >= 4);
  begun = true;
  await until(() => watch.look().samples >= 12);
  expect(watch.look()).toMatchObject({ address: null, ago_ms: null });
  await aDoor('127.0.0.2', stranger.port);
  await until(() => watch.look().address !== null);
  expect(watch.look()).toMatchObject({ address: '127.0.0.2', ago_ms: expect.any(Number) });
});
