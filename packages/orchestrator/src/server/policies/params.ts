import { type JsonObject, matchesLabelSelector } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { KindCatalog } from '../catalog.js';
import { draftOf, storeKeyOf } from '../registry.js';
import type { ParamKind, ParamRef } from './spec.js';

/** A policy or a binding that cannot be used as it is written. */
export class ConfigurationError extends Error {}

/**
 * The objects a binding hands to its policy, one evaluation each; `undefined` stands for "without one". Throws a
 * ConfigurationError where they cannot be had.
 */
export function collectParams(
  store: Store,
  catalog: KindCatalog,
  paramKind: ParamKind | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): (JsonObject | undefined)[] {
  if (!paramKind || !ref) return [undefined];
  const slash = paramKind.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : paramKind.apiVersion.slice(0, slash);
  const kind = catalog.findByKind(group, paramKind.apiVersion.slice(slash + 1), paramKind.kind);
  if (!kind)
    throw new ConfigurationError(
      `paramKind kind \`&ParamKind{APIVersion:${paramKind.apiVersion},Kind:${paramKind.kind},}\` not known`,
    );
  const isNamespaced = kind.type.namespaced;
  if (!isNamespaced && ref.namespace !== '')
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const place = isNamespaced ? ref.namespace || namespace : '';
  if (isNamespaced && place === '')
    throw new ConfigurationError(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  const found = ref.name !== '' ? named() : selected();
  if (found.length === 0 && ref.isRequired)
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return found;

  function named(): JsonObject[] {
    if (!kind || !ref) return [];
    const object = store.get(storeKeyOf(kind), place, ref.name);
    return object ? [draftOf(kind, object)] : [];
  }

  function selected(): JsonObject[] {
    if (!kind || !ref) return [];
    if (!ref.selector) throw new ConfigurationError('one of name or selector must be provided');
    const { selector } = ref;
    return store
      .list(storeKeyOf(kind), undefined, place)
      .filter((each) => matchesLabelSelector(selector, each.value.metadata.labels ?? {}))
      .map((each) => draftOf(kind, each));
  }
}
