/**
 * What a daemon tells the allocator of glibc (mallopt(3), "Environment variables"). Left to itself it keeps an arena for every thread, and raises the size from
 * which memory goes back to the system as soon as it is freed to that of the largest piece it ever freed: our pages of 4 MiB would stay, in every arena.
 * Measured while a sparse disk moved: 378 MiB resident without, 233 with.
 */
const settings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '1048576' };

/**
 * Starts the program over, in the same process and with the same arguments, under an allocator that gives freed pages back. Returns where that is so already or
 * the operator chose otherwise: one of the settings in the environment is enough. Other C libraries than glibc do not read them.
 */
export function boundAllocator(): void {
  const { env, execPath, execArgv, argv, platform } = process;
  if (platform !== 'linux' || Object.keys(settings).some((name) => name in env)) return;
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, ...settings });
}
