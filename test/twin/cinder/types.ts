import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { type Caller, requireAdmin } from '../policy.ts';
import { conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { State } from '../state.ts';
import type { VolumeType } from './model.ts';

/** The type of volumes that name none, which every Cinder has since Train. */
const defaultName = '__DEFAULT__';

/** Gives a new twin the type that every Cinder has. */
export function seedVolumeTypes(state: State): void {
  if (state.volumeTypes.size > 0) return;
  const type = newType(defaultName, 'Default Volume Type', true);
  state.volumeTypes.set(type.id, type);
}

function newType(name: string, description: string | null, isPublic: boolean): VolumeType {
  return { id: newUuid(), name, description, isPublic, access: [], extraSpecs: {}, encrypted: false };
}

function mayUseType(caller: Caller, type: VolumeType): boolean {
  return caller.admin || type.isPublic || type.access.includes(caller.projectId);
}

/** The type of a name or id, or the default one, for a new volume; refused as Cinder refuses. */
export function typeFor(cloud: Cloud, caller: Caller, asked: string | null): VolumeType {
  const wanted = asked ?? defaultName;
  const all = [...cloud.state.volumeTypes.values()].filter((type) => mayUseType(caller, type));
  const found = all.find(({ id, name }) => name === wanted || id === wanted);
  if (found === undefined) throw notFound(`Volume type with name ${wanted} could not be found.`);
  return found;
}

/** Extra specs are for admins, but for those that tell users what a type can do (since Xena). */
function view(caller: Caller, type: VolumeType): object {
  const shown = Object.entries(type.extraSpecs).filter(([key]) => caller.admin || key === 'multiattach');
  return {
    id: type.id,
    name: type.name,
    is_public: type.isPublic,
    description: type.description,
    'os-volume-type-access:is_public': type.isPublic,
    extra_specs: Object.fromEntries(shown),
    ...(caller.admin ? { qos_specs_id: null } : {}),
  };
}

function ofPath({ cloud, caller, param }: Call): VolumeType {
  const id = param('id');
  const type = id === 'default' ? typeFor(cloud, caller, null) : cloud.state.volumeTypes.get(id);
  if (type === undefined || !mayUseType(caller, type)) throw notFound(`Volume type ${id} could not be found.`);
  return type;
}

const wanted = z.object({
  volume_type: z.object({
    name: z.string().min(1).max(255),
    description: z.string().nullish(),
    'os-volume-type-access:is_public': z.boolean().optional(),
    extra_specs: z.record(z.string(), z.string()).optional(),
  }),
});

function create(call: Call): Answer {
  requireAdmin(call.caller, 'volume_extension:type_create');
  const given = parse(wanted, call.body).volume_type;
  const all = [...call.cloud.state.volumeTypes.values()];
  if (all.some(({ name }) => name === given.name)) throw conflict(`Volume Type ${given.name} already exists.`);
  const type = newType(given.name, given.description ?? null, given['os-volume-type-access:is_public'] ?? true);
  type.extraSpecs = given.extra_specs ?? {};
  call.cloud.state.volumeTypes.set(type.id, type);
  call.cloud.changed();
  return { status: 200, body: { volume_type: view(call.caller, type) } };
}

function setSpecs(call: Call): Answer {
  requireAdmin(call.caller, 'volume_extension:types_extra_specs:create');
  const type = ofPath(call);
  const { extra_specs } = parse(z.object({ extra_specs: z.record(z.string(), z.string()) }), call.body);
  Object.assign(type.extraSpecs, extra_specs);
  call.cloud.changed();
  return { status: 200, body: { extra_specs } };
}

function encrypt(call: Call): Answer {
  requireAdmin(call.caller, 'volume_extension:volume_type_encryption:create');
  const type = ofPath(call);
  const given = parse(z.object({ encryption: z.object({ provider: z.string().min(1) }).loose() }), call.body);
  type.encrypted = true;
  call.cloud.changed();
  return { status: 200, body: { encryption: { ...given.encryption, volume_type_id: type.id } } };
}

/** Volume types. */
export const volumeTypeRoutes: readonly Route[] = [
  route('volume', 'GET', '/v3/:project/types', ({ cloud, caller }) => {
    const types = [...cloud.state.volumeTypes.values()].filter((type) => mayUseType(caller, type));
    return { status: 200, body: { volume_types: types.map((type) => view(caller, type)) } };
  }),
  route('volume', 'POST', '/v3/:project/types', create),
  route('volume', 'GET', '/v3/:project/types/:id', (call) => ({
    status: 200,
    body: { volume_type: view(call.caller, ofPath(call)) },
  })),
  route('volume', 'POST', '/v3/:project/types/:id/extra_specs', setSpecs),
  route('volume', 'POST', '/v3/:project/types/:id/encryption', encrypt),
];
