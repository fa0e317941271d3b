import { apiVersionOf, type JsonObject, stringAt } from '../../kinds/index.js';
import type { Registry, WriteContext } from '../registry.js';
import type { ResourceRequest } from '../request-info.js';
import type { AdmissionRequest } from './admission.js';

/**
 * Lets the plugins judge what is created by a subresource: a Binding, an Eviction, a TokenRequest. Gives it as they leave
 * it. Throws what they refuse it with.
 */
export async function admitCreation(
  registry: Registry,
  { kind, namespace, name, subresource }: ResourceRequest,
  body: JsonObject,
  context: WriteContext,
): Promise<JsonObject> {
  const own = kind.subresources.find((each) => each.name === subresource);
  const { group = kind.type.group, version = kind.type.version } = own ?? {};
  const apiVersion = stringAt(body, 'apiVersion') || apiVersionOf({ group, version });
  const object = { ...body, apiVersion, kind: stringAt(body, 'kind') || (own?.kind ?? '') };
  const request: AdmissionRequest = {
    operation: 'CREATE',
    kind,
    subresource,
    namespace,
    name,
    object,
    old: undefined,
    context,
  };
  await registry.admission.mutate(request);
  await registry.admission.validate(request);
  return request.object ?? body;
}
