/** One entry of a token's `access` claim, and of the `scope` parameter of a token request (Docker Registry v2 token specification). */
export interface RegistryAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** `{tenant}/{project}/{application}`, or an image shared by all under `library/`, such as `library/node` or `library/slipway/api`. */
export type RepositoryName =
  | { readonly kind: 'application'; readonly tenant: string; readonly project: string; readonly application: string }
  | { readonly kind: 'library'; readonly name: string };

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const applicationName = new RegExp(`^(${label})/(${label})/(${label})$`);
const libraryName = /^library\/([a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)?)$/;

export function parseRepositoryName(name: string): RepositoryName | undefined {
  const library = libraryName.exec(name);
  if (library?.[1]) return { kind: 'library', name: library[1] };
  const [, tenant, project, application] = applicationName.exec(name) ?? [];
  return tenant && project && application ? { kind: 'application', tenant, project, application } : undefined;
}

/** Reads `repository:a/b/c:pull,push` (several, also separated by spaces). What cannot be read asks for nothing. */
export function parseScopes(scope: string | readonly string[] | undefined): readonly RegistryAccess[] {
  const texts = (typeof scope === 'string' ? [scope] : (scope ?? [])).flatMap((text) => text.split(' '));
  return texts.flatMap((text) => {
    const first = text.indexOf(':');
    const last = text.lastIndexOf(':');
    if (first < 1 || last <= first + 1) return [];
    const actions = text
      .slice(last + 1)
      .split(',')
      .filter((action) => action !== '');
    return [{ type: text.slice(0, first), name: text.slice(first + 1, last), actions: [...new Set(actions)] }];
  });
}

/** What the caller may do with one repository. */
export interface RepositoryRights {
  readonly pull: boolean;
  readonly push: boolean;
  readonly delete: boolean;
}

/**
 * Of what was asked, what may be had: an entry without any permitted action is left out, so that a stranger learns
 * nothing from the token, and the registry refuses as it does for what does not exist.
 */
export function grantAccess(
  asked: readonly RegistryAccess[],
  rights: ReadonlyMap<string, RepositoryRights>,
): readonly RegistryAccess[] {
  return asked.flatMap(({ type, name, actions }) => {
    const right = rights.get(name);
    if (type !== 'repository' || !right) return [];
    const granted = actions.filter((action) => isRight(action) && right[action]);
    return granted.length > 0 ? [{ type, name, actions: granted }] : [];
  });
}

export const isRight = (action: string): action is keyof RepositoryRights =>
  action === 'pull' || action === 'push' || action === 'delete';
