/** The expectation of a change did not hold. `current` is the revision found, 0 when there is no such object. */
export class ConflictError extends Error {
  constructor(
    readonly key: { resource: string; namespace: string; name: string },
    readonly expected: number,
    readonly current: number,
  ) {
    super(`${key.resource} ${key.namespace}/${key.name} is at revision ${current}, not at ${expected}`);
  }
}

/** PostgreSQL cannot be reached, or another process is the writer. `unknownOutcome`: the change may have been committed. */
export class UnavailableError extends Error {
  constructor(
    message: string,
    readonly unknownOutcome = false,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The revision asked for has been compacted away. */
export class CompactedError extends Error {
  constructor(
    readonly asked: number,
    readonly compacted: number,
  ) {
    super(`too old resource version: ${asked} (${compacted + 1})`);
  }
}
