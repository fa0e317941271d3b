import { createHash } from 'node:crypto';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KindDefinition,
  objectAt,
  stringAt,
} from '../../../kinds/index.js';
import { ApiError } from '../../api-error.js';
import { asJson, type Registry, type WriteContext } from '../../registry.js';
import { bundledAuthor } from '../definition-admission.js';
import { bundleVersionAnnotation, channelAnnotation, gatewayDefinitions } from './gateway-api.js';
import { snapshotDefinitions } from './volume-snapshots.js';

/** On a definition of ours: what its spec was when we wrote it, so that somebody's own change is seen and left alone. */
const digestAnnotation = 'slipway.dev/definition-digest';

/**
 * Puts the definitions of Gateway API and of volume snapshots into the cluster. Safe at every start and beside another server:
 * a definition that is there is replaced only by a newer bundle, or while it is still as an earlier server of ours left it.
 */
export async function installDefinitions(registry: Registry, kind: KindDefinition): Promise<void> {
  const context = (): WriteContext => ({
    user: bundledAuthor,
    isDryRun: false,
    fieldManager: 'apiserver',
    fieldValidation: 'Strict',
    warnings: [],
  });
  for (const definition of [...gatewayDefinitions(), ...snapshotDefinitions()]) {
    const digest = digestOf(definition.spec);
    const metadata = objectAt(definition, 'metadata');
    metadata.annotations = { ...objectAt(metadata, 'annotations'), [digestAnnotation]: digest };
    const name = stringAt(metadata, 'name');
    const found = registry.find(kind, '', name);
    try {
      if (!found) await registry.create(kind, '', definition, context());
      else if (isReplaceable(asJson(found.value), definition, digest))
        await registry.update(
          {
            kind,
            namespace: '',
            name,
            subresource: '',
            change: (current) => ({
              ...current,
              metadata: {
                ...objectAt(current, 'metadata'),
                annotations: { ...annotationsOf(current), ...annotationsOf(definition) },
              },
              spec: definition.spec,
            }),
            isRetried: true,
          },
          context(),
        );
    } catch (error) {
      // Another server was faster; or what is stored does not allow ours, as with a version that objects are still stored in.
      if (!(error instanceof ApiError) || !['AlreadyExists', 'NotFound', 'Conflict', 'Invalid'].includes(error.reason))
        throw error;
    }
  }
}

const annotationsOf = (definition: JsonObject) => objectAt(objectAt(definition, 'metadata'), 'annotations');

function isReplaceable(present: JsonObject, ours: JsonObject, digest: string): boolean {
  if (objectAt(present, 'metadata').deletionTimestamp !== undefined) return false;
  const before = annotationsOf(present);
  const wanted = annotationsOf(ours);
  const known = stringAt(before, digestAnnotation);
  const isUntouched = known !== '' && known === digestOf(present.spec);
  const order = compareBundles(stringAt(before, bundleVersionAnnotation), stringAt(wanted, bundleVersionAnnotation));
  if (isUntouched) return known !== digest && order <= 0;
  const isOurChannel = stringAt(before, channelAnnotation) === stringAt(wanted, channelAnnotation);
  return stringAt(before, bundleVersionAnnotation) !== '' && isOurChannel && order < 0;
}

/** `v1.4.0` against `v1.6.3`: below 0 when the first is older. What is no version at all is neither. */
export function compareBundles(a: string, b: string): number {
  const parts = (text: string) => /^v(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  const [first, second] = [parts(a), parts(b)];
  if (!first || !second) return 0;
  for (const [index, part] of first.entries()) {
    const difference = part - (second[index] ?? 0);
    if (difference !== 0) return difference;
  }
  // `v1.6.3-rc.1` comes before `v1.6.3`.
  return Number(b.includes('-')) - Number(a.includes('-'));
}

function digestOf(value: Json | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value ?? null)))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}
