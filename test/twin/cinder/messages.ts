import { type Route, route } from '../route.ts';

/**
 * What Cinder tells users of its failures: GET /v3/{project}/messages (cinder/api/v3/messages.py;
 * from 3.3 on, filtered by `resource_uuid` from 3.5 on).
 */
export const messageRoutes: readonly Route[] = [
  route('volume', 'GET', '/v3/:project/messages', ({ cloud, caller, query }) => {
    const all = [...cloud.state.volumes.values(), ...cloud.state.volumeSnapshots.values()];
    const failed = all.filter(
      ({ id, failure, projectId }) =>
        failure !== undefined && projectId === caller.projectId && query.get('resource_uuid') === id,
    );
    const messages = failed.map((one) => ({
      id: one.id,
      event_id: 'VOLUME_VOLUME_001_002',
      message_level: 'ERROR',
      resource_type: 'volumeId' in one ? 'VOLUME_SNAPSHOT' : 'VOLUME',
      resource_uuid: one.id,
      user_message: one.failure,
      created_at: one.updatedAt,
    }));
    return { status: 200, body: { messages } };
  }),
];
