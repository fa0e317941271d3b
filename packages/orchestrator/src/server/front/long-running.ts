import type { ServerResponse } from 'node:http';

/** The answers that stream for as long as their clients like, so that they can be ended when the server stops. */
export class LongRunning {
  readonly #watches = new Set<ServerResponse>();
  readonly #streams = new Set<ServerResponse>();

  add(response: ServerResponse, isWatch: boolean): void {
    const all = isWatch ? this.#watches : this.#streams;
    all.add(response);
    response.once('close', () => all.delete(response));
  }

  /** A watch ends as one whose time is over does; its client goes on elsewhere from the last version it saw. */
  end(): void {
    for (const response of this.#watches) {
      // A change that is handed to it just now comes too late.
      response.on('error', () => {});
      response.end();
    }
    for (const response of this.#streams) response.destroy();
  }
}
