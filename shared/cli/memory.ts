/**
 * What a daemon tells the allocator of glibc (mallopt(3), "Environment variables"). Left to itself it keeps an arena for every thread, and as much free memory
 * in each as the largest piece was that it ever freed, twice: 604 MiB were resident while a sparse disk moved between two clouds, half of that with these.
 * Pages of 4 MiB come from an arena, for one that is mapped anew costs its first touch each time, a twelfth of all CPU; and what is free at an arena's end stays up to 16 MiB.
 */
const settings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '8388608', MALLOC_TRIM_THRESHOLD_: '16777216' };

/**
 * What a daemon tells glibc beside that ("Memory Allocation Tunables"): the kernel may give a piece its memory 2 MiB at a time instead of 4 KiB.
 * Every page of ours is a new piece, and a tenth of the CPU went into the faults of its first touch.
 */
const tunable = 'glibc.malloc.hugetlb=1';

/** What a daemon tells V8: its young objects are few, and half-spaces of the usual 16 MiB would be filled three times over before they are looked through. */
const flags = ['--max-semi-space-size=4'];

/**
 * Starts the program over, in the same process and with the same arguments, such that freed memory goes back to the system. Returns where that is so already or
 * the operator chose otherwise: one of the settings in the environment is enough. Other C libraries than glibc do not read them.
 */
export function boundMemory(): void {
  const { env, execPath, execArgv, argv, platform } = process;
  if (platform !== 'linux' || Object.keys(settings).some((name) => name in env)) return;
  const tunables = [env['GLIBC_TUNABLES'], tunable].filter((one) => one).join(':');
  process.execve?.(execPath, [execPath, ...execArgv, ...flags, ...argv.slice(1)], {
    ...env,
    ...settings,
    GLIBC_TUNABLES: tunables,
  });
}
