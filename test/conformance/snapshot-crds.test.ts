import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKubeRequests, type KubeRequests } from '../support/kube-requests.js';
import { uniqueName } from '../support/slipway.js';

const api = '/apis/snapshot.storage.k8s.io/v1';
const namespace = uniqueName('snapshots');
let kube: KubeRequests;
let isServed = false;
const made: string[] = [];

type Json = Record<string, unknown>;

async function create(plural: string, content: Json) {
  const at = `${api}${plural === 'volumesnapshots' ? `/namespaces/${namespace}` : ''}/${plural}`;
  const name = uniqueName('snapshot');
  const answer = await kube.send('POST', at, { metadata: { name }, ...content });
  if (answer.status === 201) made.push(`${at}/${name}`);
  return { ...answer, path: `${at}/${name}` };
}

const merge = { 'content-type': 'application/merge-patch+json' };
const claim = { source: { persistentVolumeClaimName: 'data' } };
const content = {
  deletionPolicy: 'Delete',
  driver: 'disk.example.com',
  source: { volumeHandle: 'v-1' },
  volumeSnapshotRef: { name: 'a', namespace: 'b' },
};

beforeAll(async () => {
  kube = createKubeRequests();
  isServed = (await kube.send('GET', api)).status === 200;
  await kube.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
});

beforeEach((context) => {
  if (!isServed) context.skip('the cluster does not serve volume snapshots');
});

afterAll(async () => {
  for (const path of made) await kube.send('DELETE', path);
  await kube.send('DELETE', `/api/v1/namespaces/${namespace}`);
});

describe('volume snapshots', () => {
  test.each<[string, Json]>([
    ['volumesnapshotclasses', { driver: 'disk.example.com', deletionPolicy: 'Retain', parameters: { a: 'b' } }],
    ['volumesnapshots', { spec: claim }],
    ['volumesnapshots', { spec: { source: { volumeSnapshotContentName: 'c' }, volumeSnapshotClassName: 'd' } }],
    ['volumesnapshotcontents', { spec: content }],
  ])('%s %j is taken', async (plural, body) => {
    const { status, body: answer } = await create(plural, body);
    expect(status, answer.message).toBe(201);
  });

  test.each<[string, Json, string]>([
    ['volumesnapshotclasses', { driver: 'd', deletionPolicy: 'Keep' }, 'Unsupported value: "Keep"'],
    ['volumesnapshots', { spec: { source: {} } }, 'must validate one and only one schema (oneOf)'],
    [
      'volumesnapshots',
      { spec: { source: { persistentVolumeClaimName: 'a', volumeSnapshotContentName: 'b' } } },
      'must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [
      'volumesnapshots',
      { spec: { ...claim, volumeSnapshotClassName: '' } },
      'volumeSnapshotClassName must not be the empty string when set',
    ],
    [
      'volumesnapshotcontents',
      { spec: { ...content, volumeSnapshotRef: { name: 'a' } } },
      'both spec.volumeSnapshotRef.name and spec.volumeSnapshotRef.namespace must be set',
    ],
  ])('%s %j is refused', async (plural, body, message) => {
    const { status, body: answer } = await create(plural, body);
    expect(status, JSON.stringify(answer)).toBe(422);
    expect(answer.message).toContain(message);
  });

  test('keep the source that they were taken of', async () => {
    const { path } = await create('volumesnapshots', { spec: claim });
    const other = { spec: { source: { persistentVolumeClaimName: 'other' } } };
    const { status, body } = await kube.send('PATCH', path, other, merge);
    expect(status).toBe(422);
    expect(body.message).toContain('persistentVolumeClaimName is immutable');
    const swapped = { spec: { source: { persistentVolumeClaimName: null, volumeSnapshotContentName: 'c' } } };
    expect((await kube.send('PATCH', path, swapped, merge)).body.message).toContain(
      'persistentVolumeClaimName is required once set',
    );
  });
});
