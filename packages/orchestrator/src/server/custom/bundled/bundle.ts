import type { JsonObject } from '../../../kinds/index.js';

interface DefinitionNames {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface DefinitionVersion {
  readonly name: string;
  readonly isStored: boolean;
  readonly schema: JsonObject;
  readonly columns: readonly JsonObject[];
  readonly hasStatus: boolean;
}

interface DefinitionParts {
  readonly group: string;
  readonly names: DefinitionNames;
  readonly isNamespaced: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly versions: readonly DefinitionVersion[];
}

/** A CustomResourceDefinition with everything in it that defaulting would add: it is stored as it stands here. */
export function toDefinition({ group, names, isNamespaced, annotations, versions }: DefinitionParts): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}`, annotations: { ...annotations } },
    spec: {
      conversion: { strategy: 'None' },
      group,
      names: {
        ...(names.categories && { categories: [...names.categories] }),
        kind: names.kind,
        listKind: `${names.kind}List`,
        plural: names.plural,
        ...(names.shortNames && { shortNames: [...names.shortNames] }),
        singular: names.kind.toLowerCase(),
      },
      scope: isNamespaced ? 'Namespaced' : 'Cluster',
      versions: versions.map((version) => ({
        name: version.name,
        served: true,
        storage: version.isStored,
        schema: { openAPIV3Schema: version.schema },
        additionalPrinterColumns: version.columns.map((each) => ({ ...each })),
        ...(version.hasStatus && { subresources: { status: {} } }),
      })),
    },
  };
}
