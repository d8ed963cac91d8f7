import { type Command, Option } from 'commander';
import { cliOf, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf } from '../../shared/cli/registered-command.ts';
import { type Configurations, parseConfigurations } from '../../shared/model/configurations.ts';
import { readJson } from '../../shared/operator-file.ts';
import { Problem } from '../../shared/problem.ts';
import { readSenderConfig } from '../config.ts';
import { senderClient } from '../control/client.ts';
import { senderCommands } from '../control/registry.ts';
import { observe } from '../ordering/observe/observe.ts';
import { type ObserveFlags, parseDuration, parsePort, parseZone, trafficSources } from '../ordering/observe/options.ts';
import { readEarlierMatrix, writeMatrix } from '../ordering/observe/output-file.ts';
import { progressView } from '../ordering/observe/progress-view.ts';
import { summaryLines } from '../ordering/observe/summary.ts';
import { addressDirectory } from '../ordering/traffic/address-directory.ts';
import { readMatrixFile } from '../ordering/traffic/matrix-file.ts';
import { mergeMatrices } from '../ordering/traffic/merge-matrices.ts';
import { namesOf } from '../ordering/traffic/named-server.ts';
import { sshOptions } from '../receiver/link.ts';
import { endWithResult } from './end-with-result.ts';
import { openLive } from './live.ts';

/** Adds `observe`: which servers talk to each other, from what the nodes already know. */
export function addObserveCommand(program: Command, terminal: Terminal): void {
  const port = (format: string, name: string): Option =>
    new Option(`--${format} <port>`, `listen for ${name} on this UDP port`).argParser(parsePort);
  program
    .command('observe')
    .description(
      'Watch which servers talk to each other, and write that down for `sender analyze`. Nothing is changed; Ctrl-C ends it early.',
    )
    .option('--project <name>', 'the project, by name or id; the daemon captures its addresses now')
    .option('--document <file...>', 'a configurations.json that holds the addresses; no daemon is needed')
    .addOption(new Option('--for <time>', 'how long to watch: 90s, 10m, 2h, 1d').argParser(parseDuration).default(600_000, '10m'))
    .addOption(new Option('--every <time>', 'how often conntrack is asked').argParser(parseDuration).default(10_000, '10s'))
    .option('--conntrack', 'connections that this machine tracks')
    .option('--ssh <user@node...>', 'connections that other nodes track; their host keys must be known')
    .option('--conntrack-file <file...>', 'what conntrack wrote: lines or XML, dumps or events')
    .addOption(port('netflow', 'NetFlow 5'))
    .addOption(port('ipfix', 'IPFIX'))
    .addOption(port('sflow', 'sFlow 5'))
    .option('--pcap <file...>', 'packets: pcap or pcapng')
    .option('--pmacct <file...>', "pmacct's JSON, a row on each line")
    .option('--csv <file...>', 'a matrix as CSV or JSON, or the input of the older analyser')
    .addOption(new Option('--zone <zone=network>', 'whose network a zone of conntrack is; may be repeated').argParser(parseZone))
    .option('--merge', 'add to the file if it is there')
    .requiredOption('-o, --output <file>', 'where to write the matrix')
    .addHelpText(
      'after',
      epilogue(
        [
          [
            'sender observe --for 1h --project shop --ssh root@compute-1 --ssh root@compute-2 -o traffic.json',
            'asks two hypervisors every ten seconds',
          ],
          [
            'sender observe --for 1d --document configurations.json --netflow 2055 --merge -o traffic.json',
            'adds a day of what Open vSwitch exports',
          ],
          ['sender observe --document configurations.json --pcap monday.pcap -o traffic.json', 'reads a file; needs no daemon'],
        ],
        [...exitsOf(senderCommands.capture), 10, 12],
      ),
    )
    .action(async function (this: Command, chosen: ObserveFlags) {
      await watch(this, terminal, chosen);
    });
}

async function watch(command: Command, terminal: Terminal, chosen: ObserveFlags): Promise<void> {
  const { output, json, configFile, signal } = cliOf(command, terminal);
  const before = await readEarlierMatrix(chosen.output, chosen.merge === true);
  const documents = await documentsOf(chosen, configFile);
  const resolve = addressDirectory(documents);
  const sources = trafficSources(chosen, documents, async () => sshOptions(await readSenderConfig(configFile)));
  if (sources.length === 0 && chosen.csv === undefined)
    throw new Problem(
      'E_USAGE',
      'Say what to look at: --conntrack, --ssh, --netflow, --ipfix, --sflow, --conntrack-file, --pcap, --pmacct or --csv.',
    );
  const matrices = await Promise.all((chosen.csv ?? []).map((file) => readMatrixFile(file, documents, resolve, chosen.for)));
  const live = openLive(output);
  const say = (sentence: string): void => output.tell(sentence);
  const show = json ? () => undefined : (progress: Parameters<typeof progressView>[0]) => live.show(progressView(progress));
  const { traffic, problems } = await observe(sources, { resolve, forMs: chosen.for, stop: signal, show, say });
  live.end();
  const seen = mergeMatrices(traffic, ...matrices.map((matrix) => matrix.traffic));
  const whole = await writeMatrix(chosen.output, before, seen);
  const [problem] = problems;
  const result = {
    file: chosen.output,
    conversations: whole.conversations.length,
    sources: whole.sources,
    rejected: whole.rejected,
    repaired: whole.repaired,
    unknown: whole.unknown,
  };
  const print = (): void =>
    output.print(...summaryLines(whole, namesOf(documents.flatMap(({ servers }) => servers))), `Wrote ${chosen.output}.`);
  // What the other sources saw is kept, but a source that failed is still a failure.
  endWithResult({ output, json }, result, print, problem);
}

async function documentsOf({ project, document = [] }: ObserveFlags, configFile: string): Promise<Configurations[]> {
  const read = await Promise.all(document.map(async (file) => parseConfigurations(await readJson(file), file)));
  if (project === undefined && read.length === 0)
    throw new Problem('E_USAGE', 'Say whose traffic: --project NAME, or --document configurations.json.');
  if (project === undefined) return read;
  const client = senderClient((await readSenderConfig(configFile)).control);
  return [...read, (await client.capture({ project, servers: [], withoutImages: true })).document];
}
