import { Semaphore } from '../../../concurrency/semaphore.ts';
import { type Allowance, OpenStackSettings } from '../account/config.ts';
import type { ApiThing } from '../api.ts';
import { distributedRouters, haRouters } from '../attributes/router.ts';
import { partOf } from '../session/answer.ts';
import type { ApiService } from '../session/catalogue.ts';
import { listAll } from '../session/pages.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';
import { isAdmin } from '../session/token.ts';
import { joined } from '../session/wait.ts';

/**
 * How disks are registered: the format, where there is a choice, and the number of parallel
 * uploads; and what senders may have done, everything by default.
 */
export type ImportSettings = Pick<OpenStackSettings, 'disk_format' | 'uploads'> & Partial<Pick<OpenStackSettings, 'allow'>>;

interface ApiAgent extends ApiThing {
  readonly alive: boolean;
  readonly configurations?: { readonly agent_mode?: string };
}

const everything: Allowance = { quotas: true, public_images: true };

/**
 * The destination as the builders see it: its session, its extensions, and how it registers disks.
 */
export class Site {
  readonly session: CloudSession;
  readonly diskFormat: 'qcow2' | 'raw';
  readonly uploads: Semaphore;
  readonly uploadsAtOnce: number;
  readonly allow: Allowance;
  #extensions: Promise<ReadonlySet<string>> | null = null;

  constructor(session: CloudSession, settings: ImportSettings = OpenStackSettings.parse({})) {
    const { disk_format, uploads, allow = everything } = settings;
    this.session = session;
    this.allow = allow;
    this.diskFormat = disk_format;
    this.uploads = new Semaphore(uploads);
    this.uploadsAtOnce = uploads;
  }

  /** The project in which all resources are built. */
  async projectId(signal: AbortSignal): Promise<string> {
    return (await this.session.token(signal)).projectId;
  }

  /**
   * Whether Neutron has an extension, or Nova a microversion, and an admin asks where one must. A
   * cloud refuses attributes that need a missing one.
   */
  async offers(need: string, signal: AbortSignal): Promise<boolean> {
    if (/^2\.\d+$/.test(need)) return this.session.knows(need, signal);
    if (need === haRouters) return (await this.#isAdmin(signal)) && this.offers('l3-ha', signal);
    if (need === distributedRouters)
      return (await this.#isAdmin(signal)) && (await this.offers('dvr', signal)) && this.#hasDvrAgent(signal);
    this.#extensions ??= listAll<{ alias: string }>(
      this.session,
      { service: 'network', path: '/extensions', key: 'extensions' },
      this.session.life,
    ).then(
      (all) => new Set(all.map((extension) => extension.alias)),
      (error: unknown) => {
        this.#extensions = null;
        throw error;
      },
    );
    return (await joined(this.#extensions, signal)).has(need);
  }

  async #isAdmin(signal: AbortSignal): Promise<boolean> {
    return isAdmin(await this.session.token(signal));
  }

  /** Network API v2.0, "List all agents"; the mode is in l3_agent.ini as `agent_mode`. */
  async #hasDvrAgent(signal: AbortSignal): Promise<boolean> {
    const agents = await this.network<ApiAgent>('/agents', 'agents', { agent_type: 'L3 agent' }, signal);
    return agents.some(({ alive, configurations }) => alive && configurations?.agent_mode === 'dvr_snat');
  }

  /** Reads one resource; null if it is gone. `key`: its name in the answer. */
  async get<T>(service: ApiService, path: string, key: string, signal: AbortSignal): Promise<T | null> {
    const { status, body } = await this.session.call({ method: 'GET', service, path, mayBeGone: true, signal });
    return status === 404 ? null : partOf<T>(body, key, `GET ${path}`);
  }

  /** Lists a collection of Neutron. */
  network<T>(path: string, key: string, query: ApiCall['query'], signal: AbortSignal): Promise<T[]> {
    return listAll<T>(this.session, { service: 'network', path, key, query }, signal);
  }

  /** Makes one Neutron or Nova call with a body and returns the value under `key` of the answer. */
  async send<T>(
    method: 'POST' | 'PUT',
    service: ApiService,
    path: string,
    body: unknown,
    key: string,
    signal: AbortSignal,
  ): Promise<T> {
    const answer = await this.session.call({ method, service, path, body, signal });
    return partOf<T>(answer.body, key, `${method} ${path}`);
  }
}
