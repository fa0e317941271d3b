/** A table with sealed texts: a provider that extends this has its data keys rewrapped when the master key is rotated. */
export abstract class SealedStore {
  /** For progress and errors, e.g. `config`. */
  abstract readonly name: string;

  /** How many texts each master key holds. */
  abstract countByKey(): Promise<ReadonlyMap<string, number>>;

  /** Rewraps some of those that are not under `primary`; gives how many rows it changed, 0 when there are no more. */
  abstract rewrapSome(primary: string): Promise<number>;
}
