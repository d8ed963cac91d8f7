import { Semaphore } from '../../../concurrency/semaphore.ts';
import { Problem } from '../../../problem.ts';
import type { Service } from '../catalogue.ts';
import { OpenStackSettings } from '../config.ts';
import { listAll } from '../pages.ts';
import type { Call, Session } from '../session.ts';

/** How disks are registered: their format where the bytes allow a choice, and how many are uploaded at once. */
export type ImportSettings = Pick<OpenStackSettings, 'disk_format' | 'uploads'>;

/** The destination as the families of resources see it: its session, what it offers, and how disks are registered there. */
export class Site {
  readonly session: Session;
  readonly diskFormat: 'qcow2' | 'raw';
  readonly uploads: Semaphore;
  #extensions: Promise<ReadonlySet<string>> | null = null;

  constructor(session: Session, { disk_format, uploads }: ImportSettings = OpenStackSettings.parse({})) {
    this.session = session;
    this.diskFormat = disk_format;
    this.uploads = new Semaphore(uploads);
  }

  /** The project that everything is built in. */
  async projectId(signal: AbortSignal): Promise<string> {
    return (await this.session.token(signal)).projectId;
  }

  /** Whether Neutron has an extension, or Nova a microversion; attributes that need what a cloud lacks are refused. */
  async offers(need: string, signal: AbortSignal): Promise<boolean> {
    if (/^2\.\d+$/.test(need)) return this.session.knows(need, signal);
    this.#extensions ??= listAll<{ alias: string }>(
      this.session,
      { service: 'network', path: '/extensions', key: 'extensions' },
      signal,
    ).then(
      (all) => new Set(all.map((extension) => extension.alias)),
      (error: unknown) => {
        this.#extensions = null;
        throw error;
      },
    );
    return (await this.#extensions).has(need);
  }

  /** Reads one thing; null where it is gone. `key`: the name it has in the answer. */
  async get<T>(service: Service, path: string, key: string, signal: AbortSignal): Promise<T | null> {
    const { status, body } = await this.session.call({ method: 'GET', service, path, tolerate: [404], signal });
    return status === 404 ? null : ((body as Record<string, T>)[key] ?? null);
  }

  /** Lists things of Neutron. */
  network<T>(path: string, key: string, query: Call['query'], signal: AbortSignal): Promise<T[]> {
    return listAll<T>(this.session, { service: 'network', path, key, query }, signal);
  }

  /** Makes one Neutron or Nova call with a body and gives back what stands under `key` in the answer. */
  async send<T>(
    method: 'POST' | 'PUT',
    service: Service,
    path: string,
    body: unknown,
    key: string,
    signal: AbortSignal,
  ): Promise<T> {
    const answer = await this.session.call({ method, service, path, body, signal });
    const found = (answer.body as Record<string, T> | null)?.[key];
    if (found === undefined) throw new Problem('E_CLOUD', `${method} ${path}: the answer has no ${key}.`);
    return found;
  }
}
