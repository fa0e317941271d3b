// Owns: asking the hooks that are registered for a write. May run twice: a mutating hook, for one write, when a later hook
// changed the object. Never: sends the hooks' own configurations, keeps anything of a write after its answer.

import { isSame, type JsonObject, type KindDefinition } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.js';
import { ApiError, badRequest } from '../api-error.js';
import type { KindCatalog } from '../catalog.js';
import { betweenVersions } from '../conversion.js';
import { storeKeyOf } from '../registry.js';
import { HookCaller } from './call.js';
import { type Hook, hooksIn, isExempt, ruleMatch, selectorsMatch } from './hooks.js';
import { conditionsMatch } from './match-conditions.js';
import { type Answer, HookRefusal, patched, readAnswer, reviewOf, type Sent, sentAsIs } from './review.js';

/** The mutating hooks, to be added after every plugin that changes objects, and the validating ones, after every other rule. */
export function webhookAdmission(
  store: Store,
  catalog: KindCatalog,
): { mutating: AdmissionPlugin; validating: AdmissionPlugin; close(): void } {
  const caller = new HookCaller(store);
  const hooks = { mutating: hooksIn(store, 'mutating'), validating: hooksIn(store, 'validating') };
  // A binding has been judged as the one it is before the pod is written.
  const handles: AdmissionPlugin['handles'] = ({ type }, operation, subresource) =>
    !isExempt(type) && !(operation === 'UPDATE' && subresource === 'binding');

  async function chosen(list: readonly Hook[], request: AdmissionRequest): Promise<{ hook: Hook; sent: Sent }[]> {
    if (list.length === 0) return [];
    const own = storeKeyOf(request.kind);
    const others = () =>
      catalog.kinds
        .filter((kind) => kind !== request.kind && storeKeyOf(kind) === own)
        .map((kind) => ({ group: kind.type.group, version: kind.type.version, kind }));
    const found: { hook: Hook; sent: Sent }[] = [];
    for (const hook of list) {
      const match = ruleMatch(hook, request, hook.matchPolicy === 'Equivalent' ? others() : []);
      if (!match || !selectorsMatch(hook, request, store)) continue;
      const sent =
        'kind' in match && typeof match.kind === 'object' ? await converted(request, match.kind) : sentAsIs(request);
      if (conditionsMatch(hook, request, sent)) found.push({ hook, sent });
    }
    return found;
  }

  /** Undefined where the hook could not be asked and its policy lets the write pass. Throws refusals and failures. */
  async function ask(hook: Hook, request: AdmissionRequest, sent: Sent): Promise<Answer | undefined> {
    const { context } = request;
    if (context.isDryRun && hook.hasSideEffects)
      throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
    const { uid, body } = reviewOf(hook, request, sent);
    let answer: Answer;
    try {
      answer = readAnswer(await caller.call(hook.clientConfig, body, hook.timeoutSeconds), uid, body);
    } catch (error) {
      if (hook.failurePolicy === 'Ignore') {
        context.audit?.annotate(`failed-open.admission.webhook.k8s.io/${hook.name}`, hook.configuration);
        return undefined;
      }
      throw failed(hook, error);
    }
    for (const warning of answer.warnings) if (!context.warnings.includes(warning)) context.warnings.push(warning);
    for (const [key, value] of Object.entries(answer.auditAnnotations))
      context.audit?.annotate(`${hook.name}/${key}`, String(value));
    if (!answer.isAllowed) throw new HookRefusal(hook.name, answer.status);
    return answer;
  }

  /** True when the hook changed the object. */
  async function mutateWith(hook: Hook, request: AdmissionRequest): Promise<boolean> {
    const [match] = await chosen([hook], request);
    if (!match) return false;
    const answer = await ask(hook, request, match.sent);
    if (answer?.patch === undefined || !match.sent.object || !request.object) return false;
    let object: JsonObject;
    try {
      object = patched(match.sent.object, answer.patch);
    } catch (error) {
      throw failed(hook, error);
    }
    object = await restored(request, match.sent, object);
    if (isSame(object, request.object)) return false;
    const { name: webhook, configuration } = hook;
    const note = JSON.stringify({ configuration, webhook, mutated: true });
    request.context.audit?.annotate(`mutation.webhook.admission.k8s.io/${webhook}`, note);
    request.object = object;
    return true;
  }

  async function mutateAll(list: readonly Hook[], request: AdmissionRequest): Promise<void> {
    // A hook is asked again, once, when one after it changed the object.
    let lastChange = -1;
    for (const [index, hook] of list.entries()) if (await mutateWith(hook, request)) lastChange = index;
    for (const [index, hook] of list.entries())
      if (hook.isReinvoked && index < lastChange) await mutateWith(hook, request);
  }

  /** All at once; what the first in order says counts. */
  async function validateAll(request: AdmissionRequest): Promise<void> {
    const outcomes = await Promise.allSettled(
      (await chosen(hooks.validating(), request)).map(({ hook, sent }) => ask(hook, request, sent)),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  return {
    mutating: {
      name: 'MutatingAdmissionWebhook',
      handles,
      mutate: (request) => {
        const list = hooks.mutating();
        return list.length === 0 ? undefined : mutateAll(list, request);
      },
      validate: (request) => {
        // A deletion has nothing to change, but its hooks are asked all the same.
        const list = request.operation === 'DELETE' ? hooks.mutating() : [];
        return list.length === 0 ? undefined : mutateAll(list, request);
      },
    },
    validating: {
      name: 'ValidatingAdmissionWebhook',
      handles,
      validate: (request) => (hooks.validating().length === 0 ? undefined : validateAll(request)),
      close: () => caller.close(),
    },
    close: () => caller.close(),
  };
}

function failed(hook: Hook, error: unknown): ApiError {
  const why = error instanceof Error ? error.message : String(error);
  const message = `failed calling webhook ${JSON.stringify(hook.name)}: ${why}`;
  const details = { causes: [{ message }] };
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, details, { cause: error });
}

/** The request's objects in the version of another kind of the same resource. */
async function converted({ kind: from, object, old }: AdmissionRequest, to: KindDefinition): Promise<Sent> {
  const convert = async (each: JsonObject | undefined) =>
    each && (await betweenVersions(structuredClone(each), from, to));
  const { group, version, kind, plural } = to.type;
  return { group, version, kind, plural, object: await convert(object), old: await convert(old), by: to };
}

async function restored({ kind: to }: AdmissionRequest, { by: from }: Sent, object: JsonObject): Promise<JsonObject> {
  return from ? betweenVersions(object, from, to) : object;
}
