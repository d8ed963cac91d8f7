import { z } from 'zod';
import { wording } from '../config.ts';
import type { Provider } from './provider.ts';

/**
 * Which kind of cloud a daemon works with, and the settings of that kind, already held against its
 * schema.
 */
export interface CloudSection {
  readonly provider: string;
  readonly settings: unknown;
}

/**
 * The `cloud` section of a configuration: a provider's name, and the settings that this provider
 * asks for.
 */
export function cloudSection(providers: Readonly<Record<string, Provider<unknown>>>): z.ZodType<CloudSection> {
  return z
    .strictObject({ provider: z.string().default('openstack'), settings: z.unknown().optional() })
    .transform((section, context): CloudSection => {
      const provider = Object.hasOwn(providers, section.provider) ? providers[section.provider] : undefined;
      if (provider === undefined) {
        const names = Object.keys(providers).join(', ');
        context.addIssue({ code: 'custom', path: ['provider'], message: `no such provider; there are: ${names}` });
        return z.NEVER;
      }
      const parsed = provider.settings.safeParse(section.settings ?? {}, { error: wording });
      if (parsed.success) return { provider: section.provider, settings: parsed.data };
      for (const issue of parsed.error.issues) {
        context.issues.push({ ...issue, path: ['settings', ...issue.path], input: section.settings } as z.core.$ZodRawIssue);
      }
      return z.NEVER;
    });
}
