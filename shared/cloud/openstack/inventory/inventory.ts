import { setImmediate } from 'node:timers/promises';
import type { Concern } from '../../../model/concern.ts';
import { type Configurations, configurationsVersion, groupByKind, parseConfigurations } from '../../../model/configurations.ts';
import type { Resource } from '../../../model/resource.ts';
import { release } from '../../../release.ts';
import { type Selection, takesWhole } from '../../source-cloud.ts';
import { dnsConcerns } from '../dns/concerns.ts';
import { noDns, readDnsContents } from '../dns/contents.ts';
import { readAllMembers } from '../images/members.ts';
import { readProject } from '../project.ts';
import type { CloudSession } from '../session/session.ts';
import { chooseServers } from './choose.ts';
import { chooseImages, chooseVolumes, meansServers } from './choose-volumes.ts';
import { sourceConcerns } from './concerns.ts';
import { type Contents, readContents } from './contents.ts';
import { leftBehind } from './left-behind.ts';
import { imagesLeft, imagesToRead, readOwnImages, untoldMembers } from './own-images.ts';
import { partOf } from './part.ts';
import { nobody, whoIsIn } from './people.ts';
import { resourcesIn } from './resources.ts';
import { scopeOf } from './scope.ts';
import { downServers, listServers } from './servers.ts';
import { settled } from './settle.ts';
import { staysBehind } from './stays-behind.ts';
import { unseenConcerns } from './unseen.ts';
import { volumesLeft } from './volume-concerns.ts';
import { snapshotsLeft } from './volume-snapshots.ts';

/** What a capture makes of what was read. */
interface DescribedContents {
  readonly resources: readonly Resource[];
  readonly concerns: readonly Concern[];
}

/**
 * Captures a project, or some of its servers with what they need. Throws E_NOT_FOUND, E_FORBIDDEN,
 * and the session's errors.
 */
export async function takeInventory(
  session: CloudSession,
  selection: Selection,
  signal: AbortSignal,
): Promise<{ document: Configurations; concerns: readonly Concern[] }> {
  const scope = await scopeOf(session, selection.project, signal);
  const servers = meansServers(selection)
    ? await chooseServers(session, scope, selection, await listServers(session, scope, signal), signal)
    : [];
  const isWhole = takesWhole(selection);
  const areImagesMeant = isWhole ? selection.withoutImages !== true : (selection.images ?? []).length > 0;
  const ownImages = areImagesMeant ? await readOwnImages(session, scope, signal) : [];
  const imageMembers = await readAllMembers(session, imagesToRead(ownImages, selection), signal);
  const people = isWhole ? await whoIsIn(session, scope, signal) : nobody;
  const project = isWhole ? await readProject(session, scope.projectId, signal) : null;
  const dns = isWhole ? await readDnsContents(session, scope, signal) : noDns;
  const read = await readContents(session, scope, servers, signal);
  const untold = isWhole && project === null ? [...read.untold, 'the project’s description and tags'] : read.untold;
  const flattens = selection.withVolumeSnapshots === true;
  const contents = { ...read, ownImages, imageMembers, people, project, dns, untold, flattens };
  const { resources, concerns } = await described(contents, isWhole, [
    ...chooseVolumes(contents, selection.volumes),
    ...chooseImages(contents, selection.images),
  ]);
  await setImmediate();
  const document = parseConfigurations({
    format: 'godwit/configurations',
    version: configurationsVersion,
    created_at: new Date().toISOString(),
    release,
    source: { provider: 'openstack', region: contents.region, project_id: scope.projectId, project_name: scope.projectName },
    ...groupByKind(resources),
  });
  const others = isWhole
    ? [
        ...(await downServers(session, scope, signal)),
        ...(await leftBehind(session, contents, signal, areImagesMeant)),
        ...volumesLeft(contents),
        ...snapshotsLeft(contents),
        ...imagesLeft(contents.ownImages),
      ]
    : [];
  return { document, concerns: [...concerns, ...others] };
}

/**
 * Describes what was read of a project, the whole of it or what its chosen servers need, with
 * some lone volumes and images. It pauses between its parts: of a thousand servers all are too much
 * for one turn of the event loop.
 */
export async function described(read: Contents, isWhole: boolean, alone?: readonly string[]): Promise<DescribedContents> {
  const { contents, concerns: cut } = isWhole ? { contents: read, concerns: [] } : partOf(read, alone);
  await setImmediate();
  const captured = resourcesIn(contents);
  await setImmediate();
  const { resources, concerns } = settled(captured);
  await setImmediate();
  const ofSource = sourceConcerns(contents);
  await setImmediate();
  return {
    resources,
    concerns: [
      ...ofSource,
      ...cut,
      ...unseenConcerns(contents),
      ...untoldMembers(contents),
      ...dnsConcerns(contents),
      ...concerns,
      ...staysBehind(contents),
    ],
  };
}
