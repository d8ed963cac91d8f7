import { createSocket } from 'node:dgram';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { senderProgram } from '../../../../../sender/cli/program.ts';
import { type FlowMatrix, parseMatrix } from '../../../../../sender/ordering/traffic/matrix.ts';
import { runProgram } from '../../../../../shared/cli/program.ts';
import { aRecordingOutput } from '../../../../support/recording-output.ts';
import { anSshKey, type SshServer, startSshServer } from '../../../../support/ssh-server.ts';
import { aFrame, aNetflow, anIpfix, anSflow, aPcap, aTemplate, ip4, packed } from '../collect/datagrams.ts';
import { aTalkingTenant } from '../traffic/observations.ts';

let home: string;
let document: string;
let target: string;
let ssh: SshServer | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-observe-'));
  document = join(home, 'configurations.json');
  target = join(home, 'traffic.json');
  await writeFile(document, JSON.stringify(aTalkingTenant(['a', 'b', 'c'])));
});

afterEach(async () => {
  process.exitCode = undefined;
  await ssh?.close();
  ssh = undefined;
  await rm(home, { recursive: true, force: true });
});

/** Runs `sender observe` with the document and the output file. `stop` resolves for Ctrl-C. */
async function observed(args: readonly string[], stop = new AbortController()) {
  const output = aRecordingOutput();
  process.exitCode = undefined;
  const typed = ['--config', join(home, 'sender.yaml'), 'observe', '--document', document, '-o', target, ...args];
  const exit = await runProgram(senderProgram({ output, signal: stop.signal }), typed, output);
  return { exit, said: `${output.text()}${output.err.join('')}` };
}

const written = async (): Promise<FlowMatrix> => parseMatrix(JSON.parse(await readFile(target, 'utf8')));

async function aFreePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await new Promise((resolve) => socket.once('listening', resolve));
  const { port } = socket.address();
  socket.close();
  return port;
}

/**
 * Sends datagrams to a port until it is stopped, for nothing tells when the port is open. Repeated
 * datagrams count as more traffic.
 */
async function exporting(port: number, datagrams: readonly Buffer[], signal: AbortSignal): Promise<void> {
  const socket = createSocket('udp4');
  while (!signal.aborted) {
    for (const datagram of datagrams) socket.send(datagram, port, '127.0.0.1');
    await sleep(50, undefined, { signal }).catch(() => undefined);
  }
  socket.close();
}

const web = { initiator: 'a', responder: 'b', protocol: 'tcp', port: 80 };

test.each([
  { format: 'netflow', datagrams: [aNetflow([{}])], perPacket: 100 },
  { format: 'sflow', datagrams: [anSflow([aFrame()], 8)], perPacket: 140 },
  {
    format: 'ipfix',
    datagrams: [
      anIpfix([
        {
          id: 2,
          body: aTemplate(256, [
            [8, 4],
            [12, 4],
            [4, 1],
            [7, 2],
            [11, 2],
            [1, 8],
            [2, 8],
          ]),
        },
      ]),
      anIpfix([{ id: 256, body: packed(ip4('10.0.0.1'), ip4('10.0.0.2'), [1, 6], [2, 40_000], [2, 80], [8, 500], [8, 2]) }]),
    ],
    perPacket: 250,
  },
])(
  '$format is received on a UDP port, what is torn is counted, and Ctrl-C ends it early with what there is',
  async ({ format, datagrams, perPacket }) => {
    const port = await aFreePort();
    const stop = new AbortController();
    const sending = exporting(port, [...datagrams, Buffer.from('no datagram of anything')], stop.signal);
    setTimeout(() => stop.abort(), 400);
    const { exit, said } = await observed([`--${format}`, String(port), '--for', '1h'], stop);
    await sending;
    expect(said).toContain(`Wrote ${target}.`);
    expect(exit).toBe(0);
    const traffic = await written();
    expect(traffic.conversations).toMatchObject([web]);
    const [{ sent_bytes: bytes, sent_packets: packets } = { sent_bytes: 0, sent_packets: 0 }] = traffic.conversations;
    expect(packets).toBeGreaterThan(0);
    expect(bytes).toBe(packets * perPacket);
    expect(traffic.rejected.malformed).toBeGreaterThan(0);
    expect(traffic.sources).toMatchObject([{ name: expect.stringContaining(`${format} `) as string }]);
  },
);

test('a port that another program holds is said so, and nothing is written', async () => {
  const held = createSocket('udp6').bind(0);
  await new Promise((resolve) => held.once('listening', resolve));
  const { exit, said } = await observed(['--netflow', String(held.address().port)]);
  held.close();
  expect([exit, said]).toEqual([3, expect.stringContaining('another program uses it')]);
  await expect(readFile(target)).rejects.toThrow();
});

const line = (sent: number, id: number, event = '') =>
  `${event} ipv4 2 tcp 6 9 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=${id} dport=80 packets=1 bytes=${sent} src=10.0.0.2 dst=10.0.0.1 sport=80 dport=${id} packets=2 bytes=1000 [ASSURED] mark=0 use=1 id=${id}\n`;

/** A node whose connections grow by a hundred bytes with each dump. */
async function aNode(code?: number): Promise<string> {
  const hostKey = anSshKey();
  const userKey = anSshKey();
  let dumps = 0;
  const run = (commandLine: string) => {
    if (code !== undefined) return { writes: '', code };
    if (commandLine.includes('conntrack -E')) return { writes: line(777, 9, '[DESTROY]') };
    return { writes: `${line(5000 + 100 * dumps++, 7)}not an entry\n`, code: 0 };
  };
  ssh = await startSshServer({ hostKeys: [hostKey.privateKey], user: 'watcher', authorizedKey: userKey.publicKey, run });
  await writeFile(join(home, 'key'), userKey.privateKey, { mode: 0o600 });
  await writeFile(join(home, 'known'), `[127.0.0.1]:${ssh.port} ${hostKey.publicKey}\n`);
  const settings = {
    state: home,
    cloud: { settings: { cloud: 'a' } },
    ssh: { key: join(home, 'key'), known_hosts: [join(home, 'known')] },
  };
  await writeFile(join(home, 'sender.yaml'), JSON.stringify(settings));
  return `watcher@127.0.0.1:${ssh.port}`;
}

test('connections of another node are asked for through SSH, and only what they gained while watching counts', async () => {
  const node = await aNode();
  const { exit, said } = await observed(['--ssh', node, '--for', '3s', '--every', '1s']);
  expect(exit, said).toBe(0);
  const traffic = await written();
  expect(traffic.conversations).toMatchObject([web]);
  const sent = traffic.conversations[0]?.sent_bytes ?? 0;
  // Some dumps, each a hundred bytes more; counting starts with the first.
  expect(sent % 100).toBe(0);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(5000);
  expect(traffic.rejected.malformed).toBeGreaterThan(0);
});

test('ends of connections that the kernel could not tell of are not passed over in silence', async () => {
  const program = async (name: string, text: string) => writeFile(join(home, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await program(
    'conntrack',
    'case "$*" in *-E*) echo "WARNING: We have hit ENOBUFS! We are losing events." >&2; exec sleep 60;; esac',
  );
  await program('sudo', 'shift; exec "$@"');
  vi.stubEnv('PATH', `${home}:${process.env['PATH']}`);
  try {
    const { exit, said } = await observed(['--conntrack', '--for', '1s', '--every', '1s']);
    expect([exit, said]).toEqual([0, expect.stringContaining('too many connections ended at once')]);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a node whose host key is not known is not spoken to', async () => {
  const node = await aNode();
  await writeFile(join(home, 'known'), '');
  expect(await observed(['--ssh', node, '--for', '2s'])).toMatchObject({
    exit: 12,
    said: expect.stringContaining('E_SSH_HOST_KEY_UNKNOWN') as string,
  });
});

test('a source that fails does not take the others with it: the file is written, and the command says what failed', async () => {
  const node = await aNode(127);
  await writeFile(join(home, 'a.pcap'), aPcap([aFrame({ flags: 2 }), aFrame()]));
  const { exit, said } = await observed(['--ssh', node, '--pcap', join(home, 'a.pcap'), '--for', '2s']);
  expect([exit, said]).toEqual([3, expect.stringContaining('conntrack is not installed on watcher@127.0.0.1')]);
  expect((await written()).conversations).toMatchObject([{ ...web, sent_bytes: 280 }]);
});

test('files of every kind add up into one matrix, and a second day is added only on request, the same day never', async () => {
  const file = async (name: string, content: string | Buffer) => {
    await writeFile(join(home, name), content);
    return join(home, name);
  };
  const pcap = await file('a.pcap', aPcap([aFrame({ flags: 2 }), aFrame({ to: '10.0.0.99' })]));
  const pmacct = await file(
    'p.json',
    '{"ip_src":"10.0.0.1","ip_dst":"10.0.0.3","port_src":40000,"port_dst":5432,"ip_proto":"tcp","packets":1,"bytes":70}\nnonsense\n',
  );
  const dump = await file('conntrack', `${line(60, 5)}conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n`);
  const csv = await file('m.csv', 'initiator,responder,port,sent_bytes\noutside,10.0.0.1,443,1000\n');
  const { exit, said } = await observed(['--pcap', pcap, '--pmacct', pmacct, '--conntrack-file', dump, '--csv', csv]);
  expect(exit, said).toBe(0);
  expect((await written()).conversations).toMatchObject([
    { ...web, sent_bytes: 200, received_bytes: 1000 },
    { initiator: 'a', responder: 'c', port: 5432, sent_bytes: 70 },
    { initiator: 'outside', responder: 'a', port: 443, sent_bytes: 1000 },
  ]);
  expect(said).toContain('10.0.0.99: 140 B');
  expect(said).toContain('1 could not be read');
  expect(await observed(['--pcap', pcap])).toMatchObject({
    exit: 2,
    said: expect.stringContaining('exists already') as string,
  });
  expect(await observed(['--pcap', pcap, '--merge'])).toMatchObject({
    exit: 2,
    said: expect.stringContaining('would count twice') as string,
  });
  const other = await file('b.pcap', aPcap([aFrame({ flags: 2 })]));
  expect((await observed(['--pcap', other, '--merge', '--json'])).exit).toBe(0);
  expect((await written()).conversations).toMatchObject([{ ...web, sent_bytes: 340 }, {}, {}]);
});

test('what cannot be done is said before anything is watched', async () => {
  expect(await observed([])).toMatchObject({ exit: 2, said: expect.stringContaining('Say what to look at') as string });
  expect(await observed(['--conntrack', '--for', '10'])).toMatchObject({
    exit: 2,
    said: expect.stringContaining('Write a time such as') as string,
  });
  expect(await observed(['--netflow', '70000'])).toMatchObject({ exit: 2 });
  expect(await observed(['--conntrack', '--zone', '5=nowhere'])).toMatchObject({
    exit: 2,
    said: expect.stringContaining('No network in the document is called nowhere') as string,
  });
  expect(await observed(['--pcap', join(home, 'none')])).toMatchObject({
    exit: 2,
    said: expect.stringContaining('cannot be read') as string,
  });
});
