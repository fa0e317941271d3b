import { expect, it } from 'vitest';
import { headersOfUser } from './front-proxy.js';
import { toAggregated } from './remote-api.js';

it('tells who asks in headers, whatever characters the names have', () => {
  const user = {
    name: 'jürgen',
    uid: 'u1',
    groups: ['sailors', 'crew'],
    extra: { 'example.com/Deck': ['upper', 'lower'], 'a%b': ['x'] },
  };
  expect(headersOfUser(user)).toEqual({
    'X-Remote-User': Buffer.from('jürgen').toString('latin1'),
    'X-Remote-Uid': 'u1',
    'X-Remote-Group': ['sailors', 'crew'],
    'X-Remote-Extra-example.com%2FDeck': ['upper', 'lower'],
    'X-Remote-Extra-a%25b': ['x'],
  });
  expect(headersOfUser({ name: 'bob', groups: [] })).toEqual({ 'X-Remote-User': 'bob' });
});

it('makes aggregated discovery of a list of resources', () => {
  const list = {
    resources: [
      { name: 'boats', singularName: 'boat', namespaced: true, kind: 'Boat', verbs: ['list'], shortNames: ['bo'] },
      { name: 'boats/scale', namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get'] },
      { name: 'harbours', namespaced: false, kind: 'Harbour', verbs: ['get'] },
    ],
  };
  expect(toAggregated('sea.example.com', 'v1', list)).toEqual([
    {
      resource: 'boats',
      responseKind: { group: 'sea.example.com', version: 'v1', kind: 'Boat' },
      scope: 'Namespaced',
      singularResource: 'boat',
      verbs: ['list'],
      shortNames: ['bo'],
      subresources: [
        { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] },
      ],
    },
    {
      resource: 'harbours',
      responseKind: { group: 'sea.example.com', version: 'v1', kind: 'Harbour' },
      scope: 'Cluster',
      singularResource: '',
      verbs: ['get'],
    },
  ]);
  expect(toAggregated('sea.example.com', 'v1', 'nonsense')).toEqual([]);
});
