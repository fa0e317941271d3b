/** Something that becomes a line when there is time for it. */
export interface Pending {
  /** What it holds in memory, roughly. */
  readonly bytes: number;
  toLine(): string;
}

export interface AuditQueueOptions {
  append(text: string): Promise<void>;
  /** How many events were lost: there was no room for them, or they could not be written. */
  onLost(count: number, error?: unknown): void;
}

const longestWaitMilliseconds = 200;
const batchEvents = 400;
const mostEvents = 20_000;
const mostBytes = 32 * 1024 * 1024;

/** Events on their way to the log: written in batches beside the requests, and dropped rather than piled up. */
export class AuditQueue {
  #waiting: Pending[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(readonly options: AuditQueueOptions) {}

  push(event: Pending): void {
    if (this.#waiting.length >= mostEvents || this.#bytes + event.bytes > mostBytes) {
      this.options.onLost(1);
      return;
    }
    this.#waiting.push(event);
    this.#bytes += event.bytes;
    this.#timer ??= setTimeout(() => void this.#start(), longestWaitMilliseconds).unref();
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing) await this.#start();
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchEvents);
      let text = '';
      for (const each of batch) {
        this.#bytes -= each.bytes;
        try {
          text += `${each.toLine()}\n`;
        } catch (error) {
          this.options.onLost(1, error);
        }
      }
      await this.options.append(text).catch((error: unknown) => this.options.onLost(batch.length, error));
    }
  }
}
