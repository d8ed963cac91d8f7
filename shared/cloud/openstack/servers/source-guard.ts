import { Problem } from '../../../problem.ts';
import type { ApiImage, ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import type { ApiCall, CallGuard } from '../session/session.ts';
import { isOfReading, isTemporary } from '../stamp.ts';

/**
 * The server actions a source may be asked for; see the Compute API reference, "Servers - run an
 * action".
 */
const actions = new Set(['os-start', 'os-stop', 'createImage']);

/** The actions on a temporary volume of ours; Block Storage API v3, "Volume actions". */
const volumeActions = new Set(['os-set_image_metadata', 'os-volume_upload_image']);

/**
 * Decides what may be written at the source: start, stop and snapshot a server; snapshot a volume,
 * and make a temporary one of that or of a volume; delete what has the stamp of the campaign that
 * asks. Any other request is a defect of ours and never leaves the machine.
 */
export class SourceGuard {
  readonly #ours = new Set<string>();

  /**
   * Lets one image be deleted, after looking at its stamp. Throws E_FORBIDDEN where it is not a
   * snapshot of this campaign.
   */
  permitDelete(image: ApiImage, campaign: string): void {
    if (image['godwit_campaign'] !== campaign || !isOfReading(image) || image['image_type'] !== 'snapshot')
      throw new Problem(
        'E_FORBIDDEN',
        `Image ${image.id} (${image.name ?? 'unnamed'}) does not carry the stamp of campaign ${campaign}; it is not deleted.`,
        {
          about: `image/${image.id}`,
          hint: 'A campaign deletes only the snapshots that it made. Nothing was changed.',
        },
      );
    this.#ours.add(image.id);
  }

  /**
   * Lets one temporary volume, or a snapshot of a volume, be written and deleted, after looking at
   * its stamp. Throws E_FORBIDDEN where it is not of this campaign.
   */
  permitTemporary(kind: 'volume' | 'snapshot', thing: ApiVolume | ApiVolumeSnapshot, campaign: string): void {
    if (thing.metadata['godwit_campaign'] !== campaign || !isTemporary(kind, thing))
      throw new Problem(
        'E_FORBIDDEN',
        `The ${kind} ${thing.id} (${thing.name ?? 'unnamed'}) does not carry the stamp of campaign ${campaign}; it is not touched.`,
        { about: `${kind}/${thing.id}`, hint: 'A campaign deletes only what it made to read a volume. Nothing was changed.' },
      );
    this.#ours.add(`${kind}s/${thing.id}`);
  }

  /** The session asks this before every call. Throws E_BUG. */
  readonly check: CallGuard = (call) => {
    const { method, service, path, body } = call;
    if (method === 'GET' || method === 'HEAD') return;
    const verbs = verbsOf(body);
    if (service === 'volume' && this.#mayWriteVolume(call)) return;
    const isAction = method === 'POST' && service === 'compute' && /^\/servers\/[^/]+\/action$/.test(path);
    if (isAction && verbs.length === 1 && actions.has(verbs[0] ?? '')) return;
    const image = method === 'DELETE' && service === 'image' ? /^\/images\/([^/]+)$/.exec(path)?.[1] : undefined;
    if (image !== undefined && this.#ours.has(image)) return;
    throw new Problem(
      'E_BUG',
      `The source cloud must not be asked for ${method} ${path}${verbs.length > 0 ? ` (${verbs.join(', ')})` : ''}.`,
    );
  };

  #mayWriteVolume({ method, path, body }: Pick<ApiCall, 'method' | 'path' | 'body'>): boolean {
    const [, thing = '', isAction] = /^\/((?:volumes|snapshots)\/[^/]+)(\/action)?$/.exec(path) ?? [];
    if (method === 'DELETE') return isAction === undefined && this.#ours.has(thing);
    if (method !== 'POST') return false;
    if (thing !== '') return isAction !== undefined && this.#ours.has(thing) && volumeActions.has(verbsOf(body).join());
    const made = (body ?? {}) as { readonly snapshot?: Made; readonly volume?: Made };
    if (path === '/snapshots') return isStamped(made.snapshot);
    const { snapshot_id, source_volid } = made.volume ?? {};
    const isCopy = [snapshot_id, source_volid].some((origin) => typeof origin === 'string');
    return path === '/volumes' && isStamped(made.volume) && isCopy;
  }
}

/** What is to be made in Cinder. */
interface Made {
  readonly snapshot_id?: unknown;
  readonly source_volid?: unknown;
  readonly metadata?: Readonly<Record<string, string>>;
}

function isStamped(made: Made | undefined): boolean {
  return typeof made?.metadata?.['godwit_campaign'] === 'string';
}

function verbsOf(body: unknown): string[] {
  return typeof body === 'object' && body !== null ? Object.keys(body) : [];
}
