import { expect, test } from 'vitest';
import { scopeOf } from '../../../../../../shared/cloud/openstack/inventory/scope.ts';
import { listAll } from '../../../../../../shared/cloud/openstack/session/pages.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { signal } from '../a-source.ts';

/** An admin of a cloud with four projects, whose Keystone tells two of a list. */
async function anAdmin() {
  const twin = await aFurnishedTwin({ pageSize: 2 });
  const admin = await aHand(twin, 'admin');
  const ids = new Map<string, string>();
  for (const name of ['shop', 'archive']) {
    const { project } = await admin.ask<{ project: { id: string } }>('POST', 'identity', '/projects', { project: { name } });
    ids.set(name, project.id);
  }
  return { session: admin.session, ids };
}

test('a project is found by name and by id, though Keystone tells only a part of all projects', async () => {
  const { session, ids } = await anAdmin();
  for (const project of ['archive', ids.get('archive') ?? ''])
    expect(await scopeOf(session, project, signal())).toMatchObject({
      projectId: ids.get('archive'),
      projectName: 'archive',
      own: false,
    });
  await expect(scopeOf(session, 'Archive', signal())).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
});

test('a list that Keystone cut is refused, and never taken for the whole', async () => {
  const { session } = await anAdmin();
  const listing = { service: 'identity', path: '/projects', key: 'projects' } as const;
  await expect(listAll(session, listing, signal())).rejects.toMatchObject({
    code: 'E_CLOUD_REFUSED',
    message: expect.stringContaining('only the first 2 of projects'),
  });
});
