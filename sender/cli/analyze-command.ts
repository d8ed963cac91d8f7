import { type Command, Option } from 'commander';
import { cliOf, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { writeDurably } from '../../shared/durable.ts';
import { writeText } from '../../shared/operator-file.ts';
import { mostParallel } from '../model/plan.ts';
import { analyze } from '../ordering/analyze.ts';
import { readFiles } from '../ordering/input/files.ts';
import { type AnalyzeFlags, parseLink, parseNumber, parseWeights } from '../ordering/input/flags.ts';
import { analyzeOptions } from '../ordering/input/options.ts';
import { servicesFileText } from '../ordering/input/services-file.ts';
import { tenantOf } from '../ordering/input/tenant.ts';
import { parseDuration } from '../ordering/observe/options.ts';
import { analysisJson } from '../ordering/report/json.ts';
import { analysisPage } from '../ordering/report/page.ts';
import { pictureOf } from '../ordering/report/picture/picture.ts';
import { rewritePlan } from '../ordering/report/rewrite-plan.ts';
import { analysisText } from '../ordering/report/text.ts';
import { namesOf } from '../ordering/traffic/named-server.ts';
import { endWithResult } from './end-with-result.ts';

/** Adds `analyze`: the order of a move, computed from traffic. It needs no daemon and no cloud. */
export function addAnalyzeCommand(program: Command, terminal: Terminal): void {
  program
    .command('analyze')
    .description(
      'Propose in which order and in which waves servers move, from the traffic between them, and compare it with other orders. Needs no daemon.',
    )
    .argument('<matrix...>', 'what `sender observe` wrote, a matrix as CSV or JSON, or the input of the older analyser')
    .option('--document <file...>', 'a configurations.json: names, addresses and sizes of the servers')
    .option('--plan <file>', 'the plan: its servers move, and its order is the one given')
    .option('--write', 'write the proposed waves, and zones, into the plan; everything else stays')
    .option('--services <file>', 'your own groups of servers; they win over what is found')
    .option('--write-services <file>', 'write the services that were found, to edit them')
    .addOption(
      new Option('--noise <part>', 'how much two servers must talk to be of one service')
        .argParser(parseNumber(0, 1))
        .default(0.05),
    )
    .addOption(
      new Option('--parallel <number>', 'servers at once; the best number is proposed without it').argParser(
        parseNumber(1, mostParallel, true),
      ),
    )
    .addOption(new Option('--wave-servers <number>', 'most servers of one wave').argParser(parseNumber(1, 1e6, true)))
    .addOption(new Option('--wave-gib <number>', 'most GiB of disks of one wave').argParser(parseNumber(0, 1e9)))
    .addOption(new Option('--wave-minutes <number>', 'longest time a wave may take').argParser(parseNumber(0, 1e6)))
    .addOption(new Option('--wave-gap <time>', 'between two waves, until the next window: 30m, 1d').argParser(parseDuration))
    .option('--before <first:later...>', 'the first server is up before the later one goes down')
    .option('--together <servers...>', 'servers, between commas, that share a wave')
    .addOption(
      new Option('--weights <list>', 'what a second counts')
        .argParser(parseWeights)
        .default({}, 'service=4,traffic=1,length=0.01'),
    )
    .option('--history <report...>', 'what `sender report --json` wrote of earlier campaigns; times are learnt from them')
    .addOption(new Option('--link <rate>', 'the measured rate of the line: 100mbit, 2.5gbit').argParser(parseLink))
    .option('--hosts <file>', 'hosts at the destination with what they have free: on which least traffic crosses')
    .option('--svg <file>', 'draw who talks to whom, coloured by wave, and when what is down')
    .option('--html <file>', 'the same and everything else as a page for a browser, complete in itself')
    .addOption(new Option('--seed <number>', 'of the random numbers').argParser(parseNumber(0, 2 ** 31 - 1, true)).default(1))
    .addHelpText(
      'after',
      epilogue(
        [
          [
            'sender analyze traffic.json --plan plan.yaml --document configurations.json',
            'shows what another order would be worth',
          ],
          [
            'sender analyze traffic.json --plan plan.yaml --wave-servers 10 --wave-gap 1d --write',
            'writes waves of ten a night into the plan; then `sender migrate plan.yaml`',
          ],
          [
            'sender analyze mon.json tue.json --before db-1:web-1 --html order.html',
            'adds up two days; draws the graph and the timeline',
          ],
        ],
        [21],
      ),
    )
    .action(async function (this: Command, matrices: readonly string[], chosen: AnalyzeFlags) {
      await run(this, terminal, matrices, chosen);
    });
}

async function run(command: Command, terminal: Terminal, matrices: readonly string[], chosen: AnalyzeFlags): Promise<void> {
  const { output, json } = cliOf(command, terminal);
  const files = await readFiles(matrices, chosen);
  const tenant = tenantOf(files);
  const wishes = analyzeOptions(chosen, files, tenant);
  const analysis = analyze(tenant, wishes);
  const written: string[] = [];
  const write = async (
    file: string | undefined,
    put: (file: string, text: string) => Promise<void>,
    text: () => string,
  ): Promise<void> => {
    if (file === undefined) return;
    await put(file, text());
    written.push(file);
  };
  const nameOf = namesOf(tenant.servers);
  const weights = new Map(wishes.services.flatMap(({ name, weight }) => (weight === undefined ? [] : [[name, weight] as const])));
  await write(chosen.writeServices, writeText, () => servicesFileText(analysis.services, weights, nameOf));
  await write(chosen.svg, writeText, () => pictureOf(analysis));
  await write(chosen.html, writeText, () => analysisPage(analysis));
  const zones = analysis.placement?.zones.map((zone) => ({ ...zone, name: nameOf(zone.server) }));
  const change = { waves: analysis.waves, parallel: analysis.parallel, zones };
  if (chosen.write) await write(chosen.plan, writeDurably, () => rewritePlan(files.planText, chosen.plan ?? '', change));
  const { misplaced } = analysis;
  const lines = (): string[] => [...analysisText(analysis, output.size().columns), ...written.map((file) => `Wrote ${file}.`)];
  const result = { ...analysisJson(analysis), written };
  endWithResult({ output, json }, result, () => output.print(...lines()), misplaced ?? undefined);
}
