import { isJsonObject, type Json, type JsonObject } from '../../kinds/index.js';

/** A path of names only: `.spec.replicas`. */
export class SimplePath {
  readonly #names: readonly string[];

  constructor(readonly text: string) {
    this.#names = text
      .replace(/^\./, '')
      .split('.')
      .map((each) => each.replace(/\\\./g, '.'));
  }

  get(object: JsonObject): Json | undefined {
    let value: Json | undefined = object;
    for (const name of this.#names) value = isJsonObject(value) ? value[name] : undefined;
    return value;
  }

  /** Makes the objects on the way; the last of them is replaced, so that nothing shared is changed. */
  set(draft: JsonObject, value: Json): void {
    let parent = draft;
    for (const name of this.#names.slice(0, -1)) {
      const child = parent[name];
      const copy = isJsonObject(child) ? { ...child } : {};
      parent[name] = copy;
      parent = copy;
    }
    const last = this.#names.at(-1);
    if (last !== undefined) parent[last] = value;
  }
}
