import { Problem } from '../../../problem.ts';
import type { ApiImage } from '../api.ts';
import type { CallGuard } from '../session/session.ts';

/**
 * The server actions a source may be asked for; see the Compute API reference, "Servers - run an
 * action".
 */
const actions = new Set(['os-start', 'os-stop', 'createImage']);

/**
 * Decides what may be written at the source: start, stop and snapshot a server, and delete an image
 * with the stamp of the campaign that asks. Any other request is a defect of ours and never leaves
 * the machine.
 */
export class SourceGuard {
  readonly #ours = new Set<string>();

  /**
   * Lets one image be deleted, after looking at its stamp. Throws E_FORBIDDEN where it is not a
   * snapshot of this campaign.
   */
  permitDelete(image: ApiImage, campaign: string): void {
    const stamped = image['godwit_campaign'] === campaign && typeof image['godwit_source'] === 'string';
    if (!stamped || image['image_type'] !== 'snapshot')
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

  /** The session asks this before every call. Throws E_BUG. */
  readonly check: CallGuard = ({ method, service, path, body }) => {
    if (method === 'GET' || method === 'HEAD') return;
    const verbs = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    const isAction = method === 'POST' && service === 'compute' && /^\/servers\/[^/]+\/action$/.test(path);
    if (isAction && verbs.length === 1 && actions.has(verbs[0] ?? '')) return;
    const image = method === 'DELETE' && service === 'image' ? /^\/images\/([^/]+)$/.exec(path)?.[1] : undefined;
    if (image !== undefined && this.#ours.has(image)) return;
    throw new Problem(
      'E_BUG',
      `The source cloud must not be asked for ${method} ${path}${verbs.length > 0 ? ` (${verbs.join(', ')})` : ''}.`,
    );
  };
}
