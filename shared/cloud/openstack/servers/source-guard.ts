import { Problem } from '../../../problem.ts';
import type { ApiImage } from '../api.ts';
import type { Guard } from '../session/session.ts';

/**
 * The server actions a source may be asked for; see the Compute API reference, "Servers - run an
 * action".
 */
const actions = new Set(['os-start', 'os-stop', 'createImage']);

/**
 * Decides what may be written at the source: start, stop and snapshot a server, and delete an image
 * with our stamp. Any other request is a defect of ours and never leaves the machine.
 */
export class SourceGuard {
  readonly #ours = new Set<string>();

  /**
   * Lets one image be deleted, after looking at its stamp. Throws E_FORBIDDEN where it is not a
   * snapshot of ours.
   */
  permitDelete(image: ApiImage): void {
    const stamped = typeof image['godwit_campaign'] === 'string' && typeof image['godwit_source'] === 'string';
    if (!stamped || image['image_type'] !== 'snapshot')
      throw new Problem(
        'E_FORBIDDEN',
        `Image ${image.id} (${image.name ?? 'unnamed'}) carries no stamp of ours; it is not deleted.`,
        {
          about: `image/${image.id}`,
          hint: 'Godwit deletes only the snapshots it made. Nothing was changed.',
        },
      );
    this.#ours.add(image.id);
  }

  /** The session asks this before every call. Throws E_BUG. */
  readonly check: Guard = ({ method, service, path, body }) => {
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
