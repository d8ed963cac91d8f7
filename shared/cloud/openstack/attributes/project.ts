import { derived, type Table } from './attribute.ts';

const asked = 'the plan says whether the destination’s project gets it';

/** Identity API v3, "Show project details". A project of the destination is there already. */
// biome-ignore format: a table is read by column
export const project: Table = [
  { api: 'name',        field: 'name',        fate: 'mapped', default: '', why: 'the name of the destination’s project' },
  { api: 'description', field: 'description', fate: 'mapped', default: '', why: asked },
  { api: 'tags',        field: 'tags',        fate: 'mapped', default: [], why: asked },
  { api: 'options',     fate: 'told', default: {}, why: 'it would keep others from changing the project' },
  ...derived('the place of the destination’s project', 'id', 'domain_id', 'parent_id', 'is_domain', 'links'),
  ...derived('it is enabled, or nothing would be built in it', 'enabled'),
];
