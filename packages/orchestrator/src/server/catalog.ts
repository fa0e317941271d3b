import { type KindDefinition, kindDefinitions } from '../kinds/index.js';

/** Kinds that come and go while the server runs. `version` changes whenever `kinds` would. */
export interface KindSource {
  version(): number;
  kinds(): readonly KindDefinition[];
}

const pathOf = (group: string, version: string, plural: string) => `${group}/${version}/${plural}`;

/** Every kind that is served: the built-in ones, then those of the sources. A built-in kind cannot be replaced. */
export class KindCatalog {
  readonly #sources: KindSource[] = [];
  #versions: readonly number[] = [];
  #all: readonly KindDefinition[] = [];
  #byPath: ReadonlyMap<string, KindDefinition> = new Map();
  #version = 0;

  constructor(readonly builtIn: readonly KindDefinition[] = kindDefinitions) {
    this.#rebuild();
  }

  addSource(source: KindSource): void {
    this.#sources.push(source);
    this.#rebuild();
  }

  /** Grows with every change of the kinds: what is computed of them may be kept as long as it stays. */
  get version(): number {
    this.#refresh();
    return this.#version;
  }

  /** In the order of discovery. */
  get kinds(): readonly KindDefinition[] {
    this.#refresh();
    return this.#all;
  }

  find(group: string, version: string, plural: string): KindDefinition | undefined {
    this.#refresh();
    return this.#byPath.get(pathOf(group, version, plural));
  }

  findByKind(group: string, version: string, kind: string): KindDefinition | undefined {
    return this.kinds.find(
      ({ type }) => type.kind === kind && type.group === group && (version === '' || type.version === version),
    );
  }

  #refresh(): void {
    if (this.#sources.some((source, index) => source.version() !== this.#versions[index])) this.#rebuild();
  }

  #rebuild(): void {
    this.#versions = this.#sources.map((source) => source.version());
    const byPath = new Map<string, KindDefinition>();
    for (const kind of [...this.builtIn, ...this.#sources.flatMap((source) => source.kinds())]) {
      const path = pathOf(kind.type.group, kind.type.version, kind.type.plural);
      if (!byPath.has(path)) byPath.set(path, kind);
    }
    this.#byPath = byPath;
    this.#all = [...byPath.values()];
    this.#version += 1;
  }
}
