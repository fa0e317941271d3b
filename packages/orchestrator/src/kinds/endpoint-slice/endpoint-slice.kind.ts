import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { notSupported } from '../field-error.js';
import { arrayAt, type JsonObject, objectsAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { setDefault } from '../pod/pod.defaults.js';
import { endpointSlices } from '../refs.js';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

/** At most three, then `+ 2 more...`. */
export function someOf(values: readonly string[], empty = '<none>'): string {
  if (values.length === 0) return empty;
  return values.length > 3 ? `${values.slice(0, 3).join(',')} + ${values.length - 3} more...` : values.join(',');
}

const portTexts = (object: JsonObject) => objectsAt(object, 'ports').map((port) => String(port.port ?? '*'));

export const endpointSliceKind = defineKind({
  type: endpointSlices,
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  generationOf: ['endpoints', 'ports', 'addressType'],
  setDefaults: (draft) => {
    for (const port of objectsAt(draft, 'ports')) {
      setDefault(port, 'name', '');
      setDefault(port, 'protocol', 'TCP');
    }
  },
  validate: (object, old) => {
    const type = stringAt(object, 'addressType');
    const errors = addressTypes.includes(type) ? [] : [notSupported('addressType', type, addressTypes)];
    return [...errors, ...immutable(object, old, ['addressType'])];
  },
  columns: [
    nameColumn,
    { name: 'AddressType', type: 'string', cell: (object) => stringAt(object, 'addressType') },
    { name: 'Ports', type: 'string', cell: (object) => someOf(portTexts(object), '<unset>') },
    {
      name: 'Endpoints',
      type: 'string',
      cell: (object) =>
        someOf(
          objectsAt(object, 'endpoints').flatMap((each) => arrayAt(each, 'addresses').map(String)),
          '<unset>',
        ),
    },
    ageColumn,
  ],
});
