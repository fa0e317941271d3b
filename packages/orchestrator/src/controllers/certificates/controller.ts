import { certificateSigningRequests } from '../../kinds/index.js';
import { type Controller, createController, keyOf, sourceOf } from '../../runtime/index.js';
import type { ControllerContext } from '../context.js';
import { apply } from './apply.js';
import { plan } from './plan.js';

/** A requester may be given the permission later. */
const askAgainSeconds = 60;

/** Approves what nodes ask for themselves, and removes requests that have served. The API server signs. */
export function createCertificatesController(context: ControllerContext): Controller {
  const { client, clock, metrics, informers } = context;
  const logger = context.logger.child({ controller: 'certificates' });
  const copies = informers.of(certificateSigningRequests);
  return createController({
    name: 'certificates',
    clock,
    logger: context.logger,
    metrics,
    sources: [sourceOf(copies, (request) => [keyOf(request)])],
    reconcile: async (key) => {
      const request = copies.get(key);
      if (!request) return;
      const { actions, waitSeconds } = plan(request, clock.now());
      let wait = waitSeconds;
      for (const action of actions) {
        const isDone = await apply(action, request, { client, clock });
        if (isDone)
          logger.info({ request: key, action: action.do, why: action.why }, 'a certificate request was handled');
        else wait = Math.min(wait ?? askAgainSeconds, askAgainSeconds);
      }
      return { waitSeconds: wait, actions: actions.length };
    },
  });
}
