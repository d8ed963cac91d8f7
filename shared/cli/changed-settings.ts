/** Which settings differ between two configurations, and when each takes effect. */
export interface ChangedSettings {
  readonly now: readonly string[];
  readonly afterRestart: readonly string[];
}

/** Compares two configurations. `reloadable`: settings, or groups of them, that need no restart. */
export function changedSettings(before: object, after: object, reloadable: readonly string[]): ChangedSettings {
  const old = settingsOf(before);
  const fresh = settingsOf(after);
  const changed = [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name));
  const isReloadable = (name: string): boolean => reloadable.some((one) => name === one || name.startsWith(`${one}.`));
  return { now: changed.filter(isReloadable), afterRestart: changed.filter((name) => !isReloadable(name)) };
}

/** Every setting by its path, such as `log.level`. */
function settingsOf(value: object, before = ''): ReadonlyMap<string, string> {
  const entries = Object.entries(value).flatMap(([key, inner]: [string, unknown]): (readonly [string, string])[] => {
    const name = `${before}${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return [...settingsOf(inner, `${name}.`)];
    return [[name, JSON.stringify(inner)]];
  });
  return new Map(entries);
}
