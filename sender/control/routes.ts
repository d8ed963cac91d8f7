import { z } from 'zod';
import type { Selection } from '../../shared/cloud/cloud.ts';
import { callControl, fetchControl, followControl } from '../../shared/control/call.ts';
import { gives, type Routes, route } from '../../shared/control/route.ts';
import { Probe } from '../../shared/model/plan.ts';
import type { CampaignStatus, CommitOptions, MigrateOptions, SenderCommands, SenderStatus } from './commands.ts';

const Nothing = z.object({});
const Campaign = z.object({ campaign: z.string().min(1) });
const SelectionParams: z.ZodType<Selection> = z.object({
  project: z.string().min(1).optional(),
  servers: z.array(z.string().min(1)),
  users: z.array(z.string().min(1)).optional(),
  tags: z.array(z.string().min(1)).optional(),
});
const MigrateParams = z.object({
  plan: z.string(),
  file: z.string(),
  options: z.object({
    order: z.array(z.string().min(1)).optional(),
    parallel: z.int().min(1).max(16).optional(),
    delaySeconds: z.number().min(0).optional(),
    probe: Probe.optional(),
  }),
});

/** The sender's commands as routes of its control socket, one each, and the two that go on: `watch` and `follow`. */
export function senderRoutes(commands: SenderCommands): Routes {
  return {
    status: route(Nothing, () => commands.status()),
    watch: route(Nothing, (_, signal) => watch(commands, signal)),
    pair: route(z.object({ address: z.string(), code: z.string() }), ({ address, code }) => commands.pair(address, code)),
    peers: route(Nothing, () => commands.peers()),
    unpair: route(z.object({ name: z.string() }), ({ name }) => commands.unpair(name)),
    rotate: route(Nothing, () => commands.rotate()),
    bandwidth: route(z.object({ limit: z.string().max(100).optional() }), ({ limit }) => commands.bandwidth(limit)),
    capture: route(SelectionParams, (selection) => commands.capture(selection)),
    plan: route(SelectionParams, (selection) => commands.plan(selection)),
    migrate: route(MigrateParams, ({ plan, file, options }) => commands.migrate(plan, file, options)),
    migrateDocument: route(z.object({ document: z.unknown(), file: z.string() }), ({ document, file }) =>
      commands.migrateDocument(document, file),
    ),
    beginExport: route(SelectionParams, (selection) => commands.beginExport(selection)),
    bundle: gives(Campaign, ({ campaign }, signal) => commands.bundle(campaign, signal)),
    pause: route(Campaign, ({ campaign }) => commands.pause(campaign)),
    resume: route(Campaign, ({ campaign }) => commands.resume(campaign)),
    cancel: route(Campaign, ({ campaign }) => commands.cancel(campaign)),
    cutover: route(Campaign.extend({ servers: z.array(z.string().min(1)) }), ({ campaign, servers }) =>
      commands.cutover(campaign, servers),
    ),
    commit: route(Campaign.extend({ deleteSource: z.boolean() }), ({ campaign, deleteSource }) =>
      commands.commit(campaign, { deleteSource }),
    ),
    rollback: route(Campaign, ({ campaign }) => commands.rollback(campaign)),
    verify: route(Campaign, ({ campaign }) => commands.verify(campaign)),
    report: route(Campaign, ({ campaign }) => commands.report(campaign)),
    log: route(Campaign, ({ campaign }) => commands.log(campaign)),
    follow: route(Campaign, ({ campaign }, signal) => follow(commands, campaign, signal)),
  };
}

/** What `senderClient` offers: every command of the daemon, and its two streams in place of `changed`. */
export type SenderClient = Omit<SenderCommands, 'changed'> & {
  /** The status now, and again whenever it may have changed. */
  watch(signal: AbortSignal): AsyncGenerator<SenderStatus>;
  /** The campaign's journal from its beginning, and on as it grows. */
  follow(campaign: string, signal: AbortSignal): AsyncGenerator<object>;
};

/** The daemon's commands as seen from another process, over its control socket. */
export function senderClient(socket: string): SenderClient {
  const call = <T>(command: string, params: object = {}): Promise<T> => callControl<T>(socket, command, params);
  return {
    status: () => call('status'),
    watch: (signal) => followControl(socket, 'watch', {}, signal),
    pair: (address, code) => call('pair', { address, code }),
    peers: () => call('peers'),
    unpair: (name) => call('unpair', { name }),
    rotate: () => call('rotate'),
    bandwidth: (limit) => call('bandwidth', { limit }),
    capture: (selection) => call('capture', selection),
    plan: (selection) => call('plan', selection),
    migrate: (plan: string, file: string, options: MigrateOptions) => call('migrate', { plan, file, options }),
    migrateDocument: (document, file) => call('migrateDocument', { document, file }),
    beginExport: (selection) => call('beginExport', selection),
    bundle: (campaign, signal) => fetchControl(socket, 'bundle', { campaign }, signal),
    pause: (campaign) => call<CampaignStatus>('pause', { campaign }),
    resume: (campaign) => call<CampaignStatus>('resume', { campaign }),
    cancel: (campaign) => call<CampaignStatus>('cancel', { campaign }),
    cutover: (campaign, servers) => call<CampaignStatus>('cutover', { campaign, servers }),
    commit: (campaign: string, options: CommitOptions) => call<CampaignStatus>('commit', { campaign, ...options }),
    rollback: (campaign) => call<CampaignStatus>('rollback', { campaign }),
    verify: (campaign) => call('verify', { campaign }),
    report: (campaign) => call('report', { campaign }),
    log: (campaign) => call('log', { campaign }),
    follow: (campaign, signal) => followControl(socket, 'follow', { campaign }, signal),
  };
}

async function* watch(commands: SenderCommands, signal: AbortSignal): AsyncGenerator<SenderStatus> {
  while (!signal.aborted) {
    yield await commands.status();
    await commands.changed(signal);
  }
}

async function* follow(commands: SenderCommands, campaign: string, signal: AbortSignal): AsyncGenerator<object> {
  let told = 0;
  while (!signal.aborted) {
    const facts = await commands.log(campaign);
    yield* facts.slice(told);
    told = facts.length;
    await commands.changed(signal);
  }
}
