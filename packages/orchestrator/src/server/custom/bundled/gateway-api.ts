import { readFileSync } from 'node:fs';
import { arrayAt, type JsonObject, objectAt, objectsAt, stringAt } from '../../../kinds/index.js';
import { toDefinition } from './bundle.js';
import { withGatewayRules } from './gateway-rules.js';

export const bundleVersionAnnotation = 'gateway.networking.k8s.io/bundle-version';
export const channelAnnotation = 'gateway.networking.k8s.io/channel';

const annotations = {
  'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/3328',
  [bundleVersionAnnotation]: 'v1.6.3',
  [channelAnnotation]: 'standard',
};

/** Gateway API's standard channel: the published structure with our statement of its rules. */
export function gatewayDefinitions(): JsonObject[] {
  const file = new URL('../../../../data/gateway-api.json', import.meta.url);
  const published: JsonObject[] = JSON.parse(readFileSync(file, 'utf8'));
  return published.map((each) => {
    const names = objectAt(each, 'names');
    const kind = stringAt(names, 'kind');
    const schema = { type: 'object', ...withGatewayRules(kind, objectAt(each, 'schema')) };
    const list = (key: string) => (names[key] === undefined ? {} : { [key]: arrayAt(names, key).map(String) });
    return toDefinition({
      group: stringAt(each, 'group'),
      names: { kind, plural: stringAt(names, 'plural'), ...list('shortNames'), ...list('categories') },
      isNamespaced: each.scope === 'Namespaced',
      annotations,
      versions: objectsAt(each, 'versions').map((version) => ({
        name: stringAt(version, 'name'),
        isStored: version.storage === true,
        schema,
        columns: objectsAt(version, 'printerColumns'),
        hasStatus: objectAt(version, 'subresources').status !== undefined,
      })),
    });
  });
}
