import { isAlreadyExists, isNotFound } from '../../client/index.js';
import { namespaces, serviceAccounts } from '../../kinds/index.js';
import { type Controller, createController, isDeleting, keyOf, sourceOf, toKey } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';

/** Gives every namespace its service account `default`, under which pods run that name no other. */
export function createServiceAccountController(context: ControllerContext): Controller {
  const { client, clock, logger, metrics, informers } = context;
  const spaces = informers.of(namespaces);
  const accounts = informers.of(serviceAccounts);
  return createController({
    name: 'serviceaccount',
    clock,
    logger,
    metrics,
    sources: [
      sourceOf(spaces, (namespace) => [keyOf(namespace)]),
      sourceOf(accounts, ({ metadata: { name, namespace } }) => (name === 'default' && namespace ? [namespace] : [])),
    ],
    reconcile: async (key) => {
      const namespace = spaces.get(key);
      if (!namespace || isDeleting(namespace) || accounts.get(toKey('default', key))) return;
      try {
        await client.create(serviceAccounts, { metadata: { name: 'default', namespace: key } });
      } catch (error) {
        if (isAlreadyExists(error) || isNotFound(error)) return;
        throw error;
      }
      return { actions: 1 };
    },
  });
}
