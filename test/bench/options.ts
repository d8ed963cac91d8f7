import { parseArgs } from 'node:util';

/** How a run is asked for. */
export interface Options {
  /** Where disks are made and arrive. */
  readonly work: string;
  /** Whether the disks stay for the next run. */
  readonly keep: boolean;
  readonly rounds: number;
  readonly quick: boolean;
  /** Rows to run; empty: all. */
  readonly only: readonly string[];
  readonly seed: string;
  readonly parallel: number;
  /** Whether those run too that send over a slow link what another has sent already. */
  readonly all: boolean;
  /** Where the results are written. */
  readonly out: string;
}

const usage = `npm run bench -- [options]     root on Debian 12
  --only ROW       this row alone; may be repeated
  --rounds N       how often each race is run (3)
  --all            also, over the slow link, those that send the bytes another sends: 6 minutes more
  --quick          small disks, two minutes: whether the benchmark works, not what it would say
  --seed TEXT      of all chance (1)
  --parallel N     siblings that our daemons move at once, as a plan's parallel (2)
  --work FOLDER    where the disks are made, about 50 GB (/var/tmp/godwit-bench)
  --keep           leave the disks there for the next run
  --out FOLDER     where results.txt, results.json and results.svg are written`;

/**
 * Reads the command line. On an error, such as a row that is not one of `rows`, it prints it and
 * exits.
 */
export function readOptions(args: readonly string[], here: string, rows: readonly string[]): Options {
  const options = parse(args, here);
  const unknown = options.only.filter((row) => !rows.includes(row));
  if (unknown.length === 0) return options;
  process.stderr.write(`There is no row ${unknown.join(' or ')}; there are: ${rows.join(', ')}.\n`);
  process.exit(2);
}

function parse(args: readonly string[], here: string): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string', default: '3' },
        all: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        parallel: { type: 'string', default: '2' },
        work: { type: 'string', default: '/var/tmp/godwit-bench' },
        keep: { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) throw new Error('');
    const rounds = Number(values.rounds);
    const parallel = Number(values.parallel);
    if (!(rounds >= 1) || !(parallel >= 1)) throw new Error('--rounds and --parallel are numbers from 1.');
    if (!/^[\w.-]+$/.test(values.seed)) throw new Error('--seed is made of letters, digits, dots and dashes.');
    // What a quick run says must not stand where the real results are.
    const out = values.out ?? (values.quick ? values.work : here);
    return { ...values, rounds: values.quick ? 1 : rounds, parallel, out };
  } catch (error) {
    const { message } = error as Error;
    process.stderr.write(`${message === '' ? '' : `${message}\n\n`}${usage}\n`);
    process.exit(message === '' ? 0 : 2);
  }
}
