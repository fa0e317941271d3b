import { type JsonObject, objectAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { ApiError } from '../api-error.js';
import type { User } from '../authentication.js';
import { derived } from '../derived.js';
import type { RequestInfo } from '../front/request-info.js';
import { asJson } from '../registry.js';
import { defaultFlows, defaultLevels } from './default-flows.js';
import { compileFlows, type Flow } from './flows.js';
import { Level, limitsOf } from './level.js';
import type { FairnessMetrics, FlowMetrics } from './metrics.js';

const flowKey = 'flowcontrol.apiserver.k8s.io/flowschemas';
const levelKey = 'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations';
const flowsKept = 2_000;
const objectsPerSeat = 100;
const widest = 10;

/** Leave to be answered; to be released once. */
export interface Seat {
  readonly flowUid: string;
  readonly levelUid: string;
  release(): void;
}

export interface Fairness {
  /**
   * A seat at once where one is free, else when it is the request's turn. Throws (or rejects with) 429 when its queue is full or
   * the wait was too long. `onGone` is given how to leave the queue.
   */
  enter(
    user: User,
    info: RequestInfo,
    query: URLSearchParams,
    onGone: (leave: () => void) => void,
  ): Seat | Promise<Seat>;
}

export interface FairnessOptions {
  store: Store;
  /** Seats of the whole server. */
  seats: number;
  /** How long a request may wait for one. */
  waitMilliseconds: number;
  metrics: FairnessMetrics;
}

interface Match {
  readonly flow: Flow;
  readonly level: Level;
  readonly metrics: FlowMetrics;
}

interface Index {
  readonly flows: readonly Match[];
  readonly known: WeakMap<User, Map<string, Match>>;
}

/** Shares the server's seats among the flows that FlowSchemas and PriorityLevelConfigurations tell apart. */
export function createFairness({ store, seats, waitMilliseconds, metrics }: FairnessOptions): Fairness {
  const levels = new Map<string, Level>();
  let waiting = 0;

  const index = derived(store, [flowKey, levelKey], (): Index => {
    const configurations = withDefaults(store, levelKey, defaultLevels);
    const limits = configurations.map((each) => ({ object: each, limits: limitsOf(each) }));
    const shares = limits.reduce((sum, each) => sum + each.limits.shares, 0);
    const served = new Set<string>();
    for (const { object, limits: own } of limits) {
      const name = nameOf(object);
      served.add(name);
      const level = levels.get(name) ?? new Level(name);
      levels.set(name, level);
      level.configure(stringAt(objectAt(object, 'metadata'), 'uid'), own, seats, shares);
    }
    // What is still at work in a level that is gone keeps its object until it ends.
    for (const [name, level] of levels)
      if (!served.has(name) && level.executing + level.waiting === 0) levels.delete(name);
    const flows = compileFlows(withDefaults(store, flowKey, defaultFlows)).flatMap((flow) => {
      const level = served.has(flow.level) ? levels.get(flow.level) : undefined;
      return level ? [{ flow, level, metrics: metrics.flowOf(flow.name, level.name) }] : [];
    });
    return { flows, known: new WeakMap() };
  });
  metrics.watchLevels(() => {
    index();
    return levels.values();
  });

  function match(user: User, info: RequestInfo): Match {
    const { flows, known } = index();
    let mine = known.get(user);
    if (!mine) {
      mine = new Map();
      known.set(user, mine);
    }
    const key = info.isResource
      ? `${info.verb} ${info.group} ${info.resource}/${info.subresource} ${info.namespace}`
      : `${info.verb} ${info.pathname}`;
    let found = mine.get(key);
    if (!found) {
      found = flows.find(({ flow }) => flow.matches(user, info)) ?? flows.at(-1);
      if (!found) throw new Error('no flow schema is left to match any request');
      if (mine.size >= flowsKept) mine.clear();
      mine.set(key, found);
    }
    return found;
  }

  /** Seats that others would lend now and nobody has borrowed. */
  function spareFor(own: Level): number {
    let spare = 0;
    for (const level of levels.values()) {
      if (level !== own) spare += Math.max(0, Math.min(level.lendable, level.nominal - level.seats));
      if (level !== own && !level.limits.isExempt) spare -= Math.max(0, level.seats - level.nominal);
    }
    return spare;
  }

  function dispatchAll(): void {
    if (waiting === 0) return;
    for (const level of levels.values()) if (level.waiting > 0) level.dispatch(() => spareFor(level));
  }

  function seatOf({ flow, level, metrics: own }: Match, width: number): Seat {
    let isHeld = true;
    own.dispatched();
    return {
      flowUid: flow.uid,
      levelUid: level.uid,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        level.release(width);
        dispatchAll();
      },
    };
  }

  function wait(found: Match, flowName: string, width: number, onGone: (leave: () => void) => void): Promise<Seat> {
    const { level, metrics: own } = found;
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const run = () => {
        clearTimeout(timer);
        waiting -= 1;
        own.waited(true, (performance.now() - since) / 1_000);
        resolve(seatOf(found, width));
      };
      const leave = level.enqueue(flowName, { width, run });
      if (typeof leave === 'string') {
        own.rejected(leave);
        reject(tooMany());
        return;
      }
      waiting += 1;
      const stop = (reason: 'time-out' | 'cancelled') => {
        const before = level.waiting;
        leave();
        // It has its seat already.
        if (level.waiting === before) return;
        clearTimeout(timer);
        waiting -= 1;
        own.rejected(reason);
        own.waited(false, (performance.now() - since) / 1_000);
        reject(tooMany());
      };
      const timer = setTimeout(() => stop('time-out'), waitMilliseconds);
      onGone(() => stop('cancelled'));
    });
  }

  function widthOf({ verb, group, resource }: RequestInfo, query: URLSearchParams): number {
    if (verb !== 'list') return 1;
    const stored = store.counts().get(group === '' ? resource : `${group}/${resource}`) ?? 0;
    const limit = Number(query.get('limit') ?? 0);
    const objects = limit > 0 ? Math.min(limit, stored) : stored;
    return Math.min(widest, Math.max(1, Math.ceil(objects / objectsPerSeat)));
  }

  return {
    enter: (user, info, query, onGone) => {
      const found = match(user, info);
      const { flow, level } = found;
      if (level.limits.isExempt) {
        level.take(1);
        return seatOf(found, 1);
      }
      const width = level.widthOf(widthOf(info, query));
      // Nobody goes before those who wait already.
      if (level.waiting === 0 && level.hasRoom(width, () => spareFor(level))) {
        level.take(width);
        return seatOf(found, width);
      }
      const { distinguisher } = flow;
      const part = distinguisher === 'ByUser' ? user.name : distinguisher === 'ByNamespace' ? info.namespace : '';
      return wait(found, `${flow.name} ${part}`, width, onGone);
    },
  };
}

const nameOf = (object: JsonObject) => stringAt(objectAt(object, 'metadata'), 'name');

/** What is stored, and the two that must always be there even when somebody has just removed them. */
function withDefaults(store: Store, key: string, defaults: readonly JsonObject[]): JsonObject[] {
  const stored = store.list(key).map((each) => asJson(each.value));
  const names = new Set(stored.map(nameOf));
  const mandatory = defaults.filter((each) => ['exempt', 'catch-all'].includes(nameOf(each)));
  return [...stored, ...mandatory.filter((each) => !names.has(nameOf(each)))];
}

const tooMany = () =>
  new ApiError(429, 'TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 });
