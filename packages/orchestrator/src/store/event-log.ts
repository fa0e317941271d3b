import type { StoreEvent } from './stored-object.js';

/** Changes in the order of their revisions; new ones at the end, forgotten from the front. */
export class EventLog {
  #events: StoreEvent[] = [];
  #head = 0;

  get length(): number {
    return this.#events.length - this.#head;
  }

  get first(): StoreEvent | undefined {
    return this.#events[this.#head];
  }

  /** The event at a place counted from the oldest. */
  at(index: number): StoreEvent | undefined {
    return this.#events[this.#head + index];
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
  }

  /** Removes and returns the oldest event. */
  shift(): StoreEvent | undefined {
    const event = this.#events[this.#head];
    if (!event) return undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    return event;
  }

  dropThrough(revision: number): void {
    while (this.first && this.first.revision <= revision) this.shift();
  }

  after(revision: number): StoreEvent[] {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event && event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low === this.#events.length ? [] : this.#events.slice(low);
  }
}
