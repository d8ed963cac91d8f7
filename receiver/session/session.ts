import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { Connection } from '../../protocol/connection/connection.ts';
import type { Handlers, Params, Result } from '../../protocol/messages.ts';
import { kindsKnown } from '../../protocol/version.ts';
import type { Built, DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import { needingRoom } from '../../shared/disk-full.ts';
import type { Log } from '../../shared/log.ts';
import { resourcesOf } from '../../shared/model/configurations.ts';
import { refOf } from '../../shared/model/resource.ts';
import { spaceConcerns } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import { allowed, type CampaignMessage } from '../campaign/allowed.ts';
import type { ReceiverCampaign } from '../campaign/campaign.ts';
import type { Campaigns } from '../campaign/campaigns.ts';
import { compareResources } from '../campaign/compare.ts';
import { complete, completeServer } from '../campaign/complete.ts';
import { findEarlier } from '../campaign/earlier.ts';
import type { Owner } from '../campaign/owner.ts';
import { preflight } from '../campaign/preflight.ts';
import { prove } from '../campaign/prove.ts';
import { verifyDisk } from '../campaign/verify.ts';
import type { Copy } from '../disks/copy/copy.ts';
import { type Asker, Puller } from '../disks/pull/puller.ts';
import type { Share } from '../disks/pull/shared-window.ts';
import { Window } from '../disks/pull/window.ts';
import type { Budget } from '../disks/store/budget.ts';
import { DocumentParts } from './document-parts.ts';
import type { Turns } from './turns.ts';

/** What a session needs. */
export interface SessionTools {
  readonly name: string;
  readonly release: string;
  readonly state: string;
  readonly campaigns: Campaigns;
  /** The sender, as the owner of its campaigns. */
  readonly owner: Owner;
  readonly cloud: () => Promise<DestinationCloud>;
  readonly log: Log;
  /** Most bytes of disks that may be requested from one sender at once. */
  readonly windowBytes: number;
  /**
   * Ends all other sessions of a campaign, then runs `bind` in the turn in which none is left.
   */
  readonly takeOver: (campaign: string, bind: () => void) => Promise<void>;
  /** What this session may take of the window of all sessions. */
  readonly window: Share;
  /** Whose turn it is to have a document looked at, and a disk read again. */
  readonly preflights: Turns;
  readonly verifications: Turns;
  /** Memory for documents that come in parts. */
  readonly documents: Budget;
  /** Makes this connection a lane of a session. Throws E_NOT_FOUND, E_OUT_OF_TURN, E_BUSY. */
  readonly join: (session: string) => void;
}

/** A disk that this connection offered. */
interface OfferedCopy {
  readonly server: string;
  readonly disk: string;
  readonly copy: Copy;
  readonly puller: Puller;
}

/** The handlers of some messages. */
type HandlersOf<N extends keyof Handlers<'receiver'>> = Pick<Handlers<'receiver'>, N>;

/** One connected sender: its campaign and the disks it offered. The campaign outlives it. */
export class Session {
  /** What a lane must name to join; only our sender is told. */
  readonly id = randomBytes(16).toString('hex');
  readonly since = new Date().toISOString();
  readonly #tools: SessionTools;
  readonly #connection: Connection<'receiver'>;
  readonly #offers = new Map<number, OfferedCopy>();
  readonly #window: Window;
  readonly #parts: DocumentParts;
  /** The campaigns that were opened for it, as often as they were. */
  readonly #given: string[] = [];
  #campaign: ReceiverCampaign | null = null;

  constructor(socket: WebSocket, tools: SessionTools) {
    this.#tools = tools;
    this.#window = new Window(tools.windowBytes, () => this.lanes, tools.window);
    this.#parts = new DocumentParts(tools.documents);
    this.#connection = new Connection(socket, {
      role: 'receiver',
      release: tools.release,
      name: tools.name,
      observe: (problem) => tools.log.warn({ problem }, 'refused what the sender said'),
    });
  }

  get campaign(): string | null {
    return this.#campaign?.id ?? null;
  }

  /** Answers the sender until the connection is over; never rejects. */
  async run(): Promise<void> {
    try {
      const peer = await this.#connection.open(namingDisk(this.#judged(this.#handlers()), this.#tools.state));
      this.#tools.log.info({ peer: peer.name, release: peer.release }, 'sender connected');
    } catch (error) {
      this.#tools.log.warn({ err: error }, 'hello failed');
    }
    const closed = await this.#connection.closed;
    this.#parts.close();
    // Not waited for: a commit goes on without its session, and the next one may come before its
    // end.
    for (const id of this.#given) void this.#tools.campaigns.leave(id);
    this.#tools.log.info({ code: closed.code, says: closed.says }, 'sender gone');
  }

  /** Whether this connection is a lane of another session. */
  get isLane(): boolean {
    return this.#connection.isLane;
  }

  /** How many lanes it has. */
  get lanes(): number {
    return this.#connection.wire.lanes;
  }

  /** Makes another connection of the same peer a lane of this session; see `Connection.carry`. */
  carry(lane: Session): void {
    this.#connection.carry(lane.#connection);
  }

  close(reason: string): Promise<void> {
    return this.#connection.close(reason);
  }

  /** Every message to the function that answers it. */
  #handlers(): Handlers<'receiver'> {
    return {
      ...this.#questionHandlers(),
      ...this.#bindingHandlers(),
      ...this.#campaignHandlers(),
      ...this.#diskHandlers(),
      ...this.#serverHandlers(),
    };
  }

  /** Questions that need no campaign and write nothing. */
  #questionHandlers(): HandlersOf<'cloud.facts' | 'document.part' | 'campaign.preflight'> {
    const { cloud, campaigns, state } = this.#tools;
    return {
      'cloud.facts': async (_, { signal }) => {
        const destination = await cloud();
        const facts = await destination.facts(signal);
        const kinds = kindsKnown(destination.kinds, (feature) => this.#connection.has(feature));
        return { ...facts, kinds, staging_free_bytes: await freeBytes(state) };
      },
      'document.part': async ({ campaign, part, resources }) => {
        this.#parts.add(campaign, part, resources);
        return {};
      },
      'campaign.preflight': ({ campaign, configurations: own, parts }, { signal }) => {
        const configurations = this.#parts.take(campaign, own, parts);
        return this.#tools.preflights.run(this.#tools.owner, signal, async () => {
          const resources = resourcesOf(configurations);
          const destination = await cloud();
          const { concerns, decisions } = await preflight(destination, configurations, signal);
          const found = await findEarlier(campaigns, this.#tools.owner, configurations, destination, signal);
          const besideBytes = await campaigns.imageDonorBytes(configurations, signal);
          const space = spaceConcerns(resources, await freeBytes(state), "the receiver's state directory", { besideBytes });
          return { concerns: [...concerns, ...space, ...found.concerns], decisions, earlier: found.earlier };
        });
      },
    };
  }

  /** What makes this connection one of a campaign, or of another session. */
  #bindingHandlers(): HandlersOf<'campaign.open' | 'session.join'> {
    const { campaigns } = this.#tools;
    return {
      'campaign.open': async ({ campaign: id }, { signal }) => {
        const known = (await campaigns.ids()).includes(id);
        const campaign = await campaigns.openFor(this.#tools.owner, id);
        this.#given.push(id);
        await this.#tools.takeOver(id, () => {
          signal.throwIfAborted();
          this.#campaign = campaign;
        });
        campaign.serve(this.#tools.owner);
        return { known, state: campaign.ledger.state, session: this.id };
      },
      'session.join': async ({ session }) => {
        this.#tools.join(session);
        return {};
      },
    };
  }

  /** What is said of a whole campaign, and of one of its resources. */
  #campaignHandlers(): HandlersOf<
    | 'campaign.configure'
    | 'campaign.completed'
    | 'campaign.commit'
    | 'campaign.remove'
    | 'campaign.prove'
    | 'resource.prepare'
    | 'resource.ensure'
    | 'resource.remove'
    | 'resource.compare'
  > {
    return {
      'campaign.configure': async ({ campaign, configurations: own, parts }) => {
        const configurations = this.#parts.take(campaign, own, parts);
        const tell = this.#connection;
        const { details, ...marker } = await this.#bound().configure(configurations, (ref, { id, how }) => {
          // A progress notice to a closed connection is dropped; the next connection is told
          // everything.
          try {
            tell.notify('resource.built', { campaign, ref, id, how });
          } catch {
            this.#tools.log.debug({ ref }, 'progress was not heard');
          }
        });
        return { marker, details };
      },
      'campaign.completed': async ({ totals }) => {
        await complete(this.#bound(), totals);
        return { agreed: true };
      },
      'campaign.commit': async ({ images }) => {
        const { freed, left } = await this.#bound().commit(images);
        return { freed_bytes: freed, left };
      },
      'campaign.remove': () => this.#bound().removeAll(),
      'campaign.prove': (told) => prove(this.#bound(), told, this.#tools.state),
      'resource.prepare': async ({ ref }) => {
        const built = await this.#bound().prepare(ref);
        return built === null ? {} : { built: onWire(built) };
      },
      'resource.ensure': async ({ ref, power, properties }) => onWire(await this.#bound().ensure(ref, { power, properties })),
      'resource.remove': async ({ ref }, { signal }) => ({ removed: await this.#bound().remove(ref, signal) }),
      'resource.compare': (asked, { signal }) =>
        this.#tools.verifications.run(this.#tools.owner, signal, async () => ({
          compared: await compareResources(this.#bound(), asked, signal),
        })),
    };
  }

  #diskHandlers(): HandlersOf<'disk.offer' | 'disk.page' | 'disk.hole' | 'disk.seal' | 'disk.verify'> {
    return {
      'disk.offer': (offer, { signal }) => this.#offer(offer, signal),
      'disk.page': async ({ handle, first, digests }) => {
        const { server, copy, puller } = this.#offered(handle);
        await this.#bound().imageDonors.ready(server, copy.shape);
        return { missing: await copy.take(first, Buffer.from(digests, 'base64'), puller) };
      },
      'disk.hole': async ({ handle, first, blocks }) => {
        const { copy } = this.#offered(handle);
        await copy.hole(first, blocks);
        return {};
      },
      'disk.seal': async ({ handle, root }) => {
        const { server, disk, puller } = this.#offered(handle);
        const { size: _, block_size: __, ...sealed } = await this.#bound().disks.seal(server, disk, root, puller);
        return sealed;
      },
      'disk.verify': ({ server, disk }, { signal }) =>
        this.#tools.verifications.run(this.#tools.owner, signal, () => verifyDisk(this.#bound(), server, disk, signal)),
    };
  }

  #serverHandlers(): HandlersOf<'server.health' | 'server.watch' | 'server.completed'> {
    return {
      'server.health': ({ server, probe }, { signal }) => this.#bound().healthOf(server, probe, signal),
      'server.watch': async ({ server, probe }) => this.#bound().watch(server, probe),
      'server.completed': async ({ server, summary }) => {
        await completeServer(this.#bound(), server, summary.disks);
        return {};
      },
    };
  }

  /** Handlers that first check whether the campaign's state allows the message. */
  #judged(handlers: Handlers<'receiver'>): Handlers<'receiver'> {
    return wrapped(handlers, (name, handle) => {
      if (!Object.hasOwn(allowed, name)) return handle;
      return async (...given) => {
        this.#bound().mustAllow(name as CampaignMessage);
        return handle(...given);
      };
    });
  }

  async #offer({ server, disk, size, block_size, algorithm, data }: Params<'disk.offer'>, signal: AbortSignal) {
    const found = this.#bound().resource(refOf('disk', disk));
    if (found.kind !== 'disk' || found.server_id !== server)
      throw new Problem('E_NOT_FOUND', `Disk ${disk} is not one of server ${server}.`);
    const shape = { size, blockSize: block_size, algorithm };
    const copy = await this.#bound().disks.offer(server, disk, shape, data);
    const handle = this.#offers.size + 1;
    const asker: Asker = {
      pull: (pieces, after) =>
        this.#connection.request('disk.pull', { handle, pieces, ...(after === undefined ? {} : { after }) }, { signal }),
      refine: async (blocks) => {
        const { pieces } = await this.#connection.request('disk.refine', { handle, blocks }, { signal });
        return Buffer.from(pieces, 'base64');
      },
    };
    const puller = new Puller(copy.file.target, asker, this.#window, copy, signal);
    this.#offers.set(handle, { server, disk, copy, puller });
    return { handle };
  }

  #bound(): ReceiverCampaign {
    if (this.#campaign === null) throw new Problem('E_OUT_OF_TURN', 'No campaign is open on this connection.');
    return this.#campaign;
  }

  #offered(handle: number): OfferedCopy {
    const offered = this.#offers.get(handle);
    if (offered === undefined) throw new Problem('E_NOT_FOUND', `This connection was not offered a disk with handle ${handle}.`);
    return offered;
  }
}

/** What was built, as its sender is told. */
function onWire({ id, how, detail }: Built): Result<'resource.ensure'> {
  return { id, how, ...(detail === undefined ? {} : { detail }) };
}

/**
 * Handlers that name the receiver's disk where it is full, because the sender's operator reads it.
 */
function namingDisk(handlers: Handlers<'receiver'>, state: string): Handlers<'receiver'> {
  const place = `the receiver's state directory ${state}`;
  return wrapped(
    handlers,
    (_name, handle) =>
      (...given) =>
        needingRoom(place, () => handle(...given)),
  );
}

/** A handler without its types, which are restored once all are wrapped. */
type UntypedHandler = (...given: unknown[]) => Promise<unknown>;

function wrapped(
  handlers: Handlers<'receiver'>,
  wrap: (name: string, handle: UntypedHandler) => UntypedHandler,
): Handlers<'receiver'> {
  const all = Object.entries(handlers as Readonly<Record<string, UntypedHandler>>).map(([name, handle]) => [
    name,
    wrap(name, handle),
  ]);
  return Object.fromEntries(all) as unknown as Handlers<'receiver'>;
}
