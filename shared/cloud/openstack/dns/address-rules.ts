import { firstFew } from '../../../first-few.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { blocking, type PreflightRule } from '../preflight/rules.ts';
import { changedAddresses, isOfAddresses, namedIn } from './addresses.ts';
import { setThere } from './decisions.ts';

/** Record sets that a concern lists. */
const listed = 50;

/** A record set, and an address in it that is another one at the destination; null: unknown. */
interface NamedAddress {
  readonly set: ResourceOf<'dns_record_set'>;
  readonly was: string;
  readonly is: string | null;
}

/**
 * Records that name an address which becomes another one. They are rewritten only if the plan says
 * so, and only with an address that the plan names: any other is not known before the move.
 */
export const dnsAddresses: PreflightRule = (view) => {
  if (!view.dns.offered) return [];
  const isAsked = view.mappings.dns_addresses === 'rewrite';
  const changed = changedAddresses([...view.of('floating_ip'), ...view.of('gateway')], view.mappings);
  const found = view.of('dns_record_set').flatMap((set): NamedAddress[] => {
    if (setThere(view, set) !== undefined) return [];
    return namedIn(set, changed).map((was) => ({ set, was, is: changed.get(was) ?? null }));
  });
  const rewritten = found.filter(({ set, is }) => isAsked && is !== null && isOfAddresses(set.type));
  const kept = found.filter((one) => !rewritten.includes(one));
  const unknown = kept.filter(({ set, is }) => isAsked && is === null && isOfAddresses(set.type));
  const stay = kept.filter((one) => !unknown.includes(one));
  return [
    ...(rewritten.length === 0
      ? []
      : [
          {
            code: 'dns_record_set.rewritten',
            severity: 'warning' as const,
            says: `DNS records get the addresses of the destination (${rewritten.length}): ${inWords(rewritten)}.`,
            remedy: 'Nothing, if these are the right ones.',
          },
        ]),
    ...(stay.length === 0
      ? []
      : [
          {
            code: 'dns_record_set.addresses',
            severity: 'warning' as const,
            says: `DNS records keep addresses that become others at the destination (${stay.length}): ${inWords(stay)}.`,
            remedy:
              'Change them there after the move, or let the plan do it (`options.dns_addresses: rewrite`) where it names the new address.',
          },
        ]),
    ...unknown.map(({ set, was }) =>
      blocking(
        'dns_record_set.address_unknown',
        refOf('dns_record_set', set.id),
        `The plan rewrites addresses in DNS records, but not known is what ${was} in ${set.name} ${set.type} becomes.`,
        'Make the floating IP in the project at the destination before, and map to its address; or change the record by hand.',
      ),
    ),
  ];
};

function inWords(all: readonly NamedAddress[]): string {
  const words = all.map(({ set, was, is }) => `${set.name} ${set.type} ${was} → ${is ?? 'another one'}`);
  return firstFew(words, listed);
}
