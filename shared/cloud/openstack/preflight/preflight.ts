import { setImmediate } from 'node:timers/promises';
import type { Concern, Decision } from '../../../model/concern.ts';
import type { Mappings } from '../../../model/mappings.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Site } from '../builders/site.ts';
import { dnsAddresses } from '../dns/address-rules.ts';
import * as dns from '../dns/rules.ts';
import * as addressGroups from './address-group-rules.ts';
import { addressRoom } from './address-room-rule.ts';
import * as adopted from './adopted-rules.ts';
import * as subnets from './adopted-subnet-rules.ts';
import { unsupportedAttributes } from './attribute-rule.ts';
import { decide } from './decisions.ts';
import * as groups from './default-group-rules.ts';
import { absentExtensions } from './extension-rule.ts';
import * as images from './image-rules.ts';
import * as limits from './limit-rules.ts';
import { dnsNames, imageSizes, networkTags, untoldLimits } from './network-limit-rules.ts';
import * as networks from './network-rules.ts';
import { owner } from './owner-rule.ts';
import { takenForwardings, unforwardedRanges } from './port-forwarding-rule.ts';
import { otherTexts } from './project-rules.ts';
import * as qos from './qos-rules.ts';
import { quotas, untoldQuotas } from './quota-rule.ts';
import { lowerQuotas } from './quota-set-rules.ts';
import * as rbac from './rbac-rules.ts';
import { lackingRoles } from './role-assignment-rules.ts';
import type { PreflightRule } from './rules.ts';
import * as serverGroups from './server-group-rules.ts';
import * as servers from './server-rules.ts';
import * as addresses from './source-address-rules.ts';
import { texts } from './text-rule.ts';
import * as trunks from './trunk-rules.ts';
import { type PreflightView, readView } from './view.ts';
import * as volumes from './volume-rules.ts';
import { zones } from './zone-rule.ts';

/** All rules of preflight, one per line. */
const rules: readonly PreflightRule[] = [
  networks.externalNetworks,
  networks.adoptedSubnets,
  networks.routerOverlaps,
  networks.addressConflicts,
  subnets.differingSubnets,
  subnets.automaticSubnets,
  subnets.servedSubnets,
  subnets.gatewaysOfOthers,
  subnets.unreservedAddresses,
  networks.gatewayAddresses,
  networks.floatingAddresses,
  addresses.sourceGateways,
  addresses.sourceFloating,
  addresses.sourceInterfaces,
  addressRoom,
  adopted.absentTargets,
  adopted.adoptedGateways,
  adopted.adoptedRoutes,
  adopted.interfaceConflicts,
  adopted.widenedGroups,
  addressGroups.unnamedAddressGroups,
  addressGroups.differingAddressGroups,
  qos.qosRights,
  qos.qosRuleTypes,
  qos.qosDefaults,
  qos.differingQosPolicies,
  rbac.unmappedProjects,
  rbac.sharingRights,
  rbac.foreignObjects,
  rbac.unsharedKinds,
  images.refusedFormats,
  images.unmappedImageMembers,
  images.pendingImageMembers,
  images.unpublishedImages,
  servers.flavors,
  servers.disks,
  servers.keypairs,
  serverGroups.serverGroupTargets,
  serverGroups.serverGroupNames,
  serverGroups.serverGroupHosts,
  volumes.volumeService,
  volumes.absentVolumes,
  volumes.volumeTypes,
  volumes.sharedTypes,
  volumes.volumeZones,
  volumes.keptVolumes,
  groups.openDefaultGroup,
  groups.widenedDefaultGroup,
  texts,
  limits.serverLimits,
  limits.keypairNames,
  networkTags,
  untoldLimits,
  imageSizes,
  dnsNames,
  absentExtensions,
  unforwardedRanges,
  takenForwardings,
  trunks.otherTrunkPorts,
  trunks.takenTrunkPorts,
  trunks.subportMtu,
  unsupportedAttributes,
  networks.smallerMtu,
  networks.adoptedMtu,
  owner,
  zones,
  otherTexts,
  lackingRoles,
  dns.dnsService,
  dns.dnsTargets,
  dns.dnsDifferences,
  dns.dnsAttributes,
  dns.dnsQuotas,
  dnsAddresses,
  lowerQuotas,
  quotas,
  untoldQuotas,
];

/**
 * Finds what prevents the move, and decides what becomes of each resource. MUST NOT write to the
 * destination.
 */
export async function preflight(
  site: Site,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<{ concerns: readonly Concern[]; decisions: readonly Decision[] }> {
  const view = await readView(site, resources, mappings, signal);
  return { concerns: await concernsIn(view), decisions: decide(view, resources) };
}

/**
 * What all rules find, with a pause after each: together they take too long for one turn of the
 * event loop where servers are many.
 */
export async function concernsIn(view: PreflightView): Promise<Concern[]> {
  const found: Concern[] = [];
  for (const rule of rules) {
    found.push(...rule(view));
    await setImmediate();
  }
  return found;
}
