import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { someOf } from '../endpoint-slice/endpoint-slice.kind.js';
import { type JsonObject, objectsAt, stringAt } from '../json.js';
import { setDefault } from '../pod/pod.defaults.js';
import { endpoints } from '../refs.js';

function addressTexts(object: JsonObject): string[] {
  return objectsAt(object, 'subsets').flatMap((subset) =>
    objectsAt(subset, 'addresses').flatMap((address) => {
      const ports = objectsAt(subset, 'ports');
      const ip = stringAt(address, 'ip');
      return ports.length === 0 ? [ip] : ports.map((port) => `${ip}:${String(port.port)}`);
    }),
  );
}

export const endpointsKind = defineKind({
  type: endpoints,
  schema: 'io.k8s.api.core.v1.Endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  setDefaults: (draft) => {
    for (const subset of objectsAt(draft, 'subsets'))
      for (const port of objectsAt(subset, 'ports')) setDefault(port, 'protocol', 'TCP');
  },
  columns: [
    nameColumn,
    { name: 'Endpoints', type: 'string', cell: (object) => someOf(addressTexts(object)) },
    ageColumn,
  ],
});
