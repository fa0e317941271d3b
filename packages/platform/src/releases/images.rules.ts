/**
 * Whether an application may run an image: of our own registry only its own repository and the shared `library/`, since
 * the pull secret of its namespace would open no other; of other registries anything.
 */
export function mayRunImage(
  image: string,
  own: { readonly registryHost: string; readonly repository: string },
): boolean {
  const name = image.replace(/@sha256:[0-9a-f]{64}$/, '');
  const prefix = `${own.registryHost}/`;
  if (!name.startsWith(prefix)) return true;
  const repository = name.slice(prefix.length).replace(/:[^/]*$/, '');
  return repository === own.repository || /^library\/[^/]+$/.test(repository);
}
