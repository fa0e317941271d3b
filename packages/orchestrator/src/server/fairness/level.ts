import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject, numberAt, objectAt, stringAt } from '../../kinds/index.js';

/** A request in a queue. */
interface Waiting {
  readonly width: number;
  run(): void;
}

interface Queue {
  readonly waiting: Waiting[];
  /** Seats that it has been given, as if it had never been idle: the queue that has had least goes first. */
  turn: number;
}

export interface LevelLimits {
  readonly shares: number;
  readonly lendablePercent: number;
  /** Undefined: without a limit. */
  readonly borrowingPercent: number | undefined;
  readonly isExempt: boolean;
  /** Undefined: what finds no seat is refused. */
  readonly queuing: { queues: number; handSize: number; lengthLimit: number } | undefined;
}

export function limitsOf(configuration: JsonObject): LevelLimits {
  const spec = objectAt(configuration, 'spec');
  const isExempt = spec.type === 'Exempt';
  const limits = objectAt(spec, isExempt ? 'exempt' : 'limited');
  const response = objectAt(limits, 'limitResponse');
  const { queuing } = response;
  return {
    shares: numberAt(limits, 'nominalConcurrencyShares') ?? (isExempt ? 0 : 30),
    lendablePercent: numberAt(limits, 'lendablePercent') ?? 0,
    borrowingPercent: numberAt(limits, 'borrowingLimitPercent'),
    isExempt,
    queuing:
      stringAt(response, 'type') === 'Queue' && isJsonObject(queuing)
        ? {
            queues: numberAt(queuing, 'queues') ?? 64,
            handSize: numberAt(queuing, 'handSize') ?? 8,
            lengthLimit: numberAt(queuing, 'queueLengthLimit') ?? 50,
          }
        : undefined,
  };
}

/** A PriorityLevelConfiguration at work: who of it is being answered, and who waits in which queue. */
export class Level {
  uid = '';
  seats = 0;
  executing = 0;
  waiting = 0;
  /** Seats of its own. */
  nominal = 0;
  lendable = 0;
  /** Seats it may have with borrowed ones. */
  maximum = 0;
  limits: LevelLimits = limitsOf({});
  #queues: Queue[] = [];
  readonly #busy = new Set<Queue>();
  #turn = 0;

  constructor(readonly name: string) {}

  /** `total`: seats of the server; `shares`: of all levels. */
  configure(uid: string, limits: LevelLimits, total: number, shares: number): void {
    this.uid = uid;
    this.limits = limits;
    this.nominal = shares === 0 ? 0 : Math.ceil((total * limits.shares) / shares);
    this.lendable = Math.round((this.nominal * limits.lendablePercent) / 100);
    const { borrowingPercent } = limits;
    this.maximum =
      borrowingPercent === undefined ? total : this.nominal + Math.round((this.nominal * borrowingPercent) / 100);
    // Queues that are dealt no more hands to still hand out what waits in them.
    const count = limits.queuing?.queues ?? 0;
    if (count !== this.#queues.length) this.#queues = Array.from({ length: count }, () => ({ waiting: [], turn: 0 }));
  }

  /** No request may be wider than the level itself. */
  widthOf(wanted: number): number {
    return Math.max(1, Math.min(wanted, this.nominal));
  }

  /** Whether seats are free, with so many to be had from others. */
  hasRoom(width: number, spare: () => number): boolean {
    const needed = this.seats + width;
    return needed <= this.nominal || (needed <= this.maximum && needed - this.nominal <= spare());
  }

  take(width: number): void {
    this.seats += width;
    this.executing += 1;
  }

  release(width: number): void {
    this.seats -= width;
    this.executing -= 1;
  }

  /** Puts a request into the shortest queue of its flow's hand; returns how to take it out again, or why it is refused. */
  enqueue(flow: string, waiting: Waiting): (() => void) | 'queue-full' | 'concurrency-limit' {
    const { queuing } = this.limits;
    if (!queuing || this.nominal === 0) return 'concurrency-limit';
    let chosen: Queue | undefined;
    for (const index of hand(flow, this.#queues.length, queuing.handSize)) {
      const queue = this.#queues[index];
      if (queue && (!chosen || queue.waiting.length < chosen.waiting.length)) chosen = queue;
    }
    if (!chosen || chosen.waiting.length >= queuing.lengthLimit) return 'queue-full';
    const queue = chosen;
    if (queue.waiting.length === 0) {
      // Time spent idle earns nothing.
      queue.turn = Math.max(queue.turn, this.#turn);
      this.#busy.add(queue);
    }
    queue.waiting.push(waiting);
    this.waiting += 1;
    return () => {
      const index = queue.waiting.indexOf(waiting);
      if (index >= 0) this.#remove(queue, index);
    };
  }

  /** Starts what waits as long as there is room: always the first of the queue that has had the fewest seats. */
  dispatch(spare: () => number): void {
    while (this.waiting > 0) {
      let next: Queue | undefined;
      for (const queue of this.#busy) if (!next || queue.turn < next.turn) next = queue;
      const first = next?.waiting[0];
      if (!next || !first || !this.hasRoom(first.width, spare)) return;
      this.#turn = next.turn;
      next.turn += first.width;
      this.#remove(next, 0);
      this.take(first.width);
      first.run();
    }
  }

  #remove(queue: Queue, index: number): void {
    queue.waiting.splice(index, 1);
    this.waiting -= 1;
    if (queue.waiting.length === 0) this.#busy.delete(queue);
  }
}

const hands = new Map<string, readonly number[]>();
const handsKept = 2_000;

/** The queues of a flow: the same at each time, few of them shared with any other flow. */
export function hand(flow: string, deck: number, size: number): readonly number[] {
  const key = `${deck}/${size}/${flow}`;
  const known = hands.get(key);
  if (known) return known;
  const left = Array.from({ length: deck }, (_, index) => index);
  const dealt: number[] = [];
  let digest = createHash('sha256').update(flow).digest();
  for (let at = 0; dealt.length < Math.min(size, deck); at += 4) {
    if (at + 4 > digest.length) {
      digest = createHash('sha256').update(digest).digest();
      at = 0;
    }
    dealt.push(...left.splice(digest.readUInt32BE(at) % left.length, 1));
  }
  if (hands.size >= handsKept) hands.clear();
  hands.set(key, dealt);
  return dealt;
}
