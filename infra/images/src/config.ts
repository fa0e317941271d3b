/** What `slipway-images` reads from its environment; throws with the name of the variable that is missing. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const need = (name: string) => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
  };
  return {
    registryUrl: need('SLIPWAY_REGISTRY_URL'),
    registryKeyFile: need('SLIPWAY_REGISTRY_TOKEN_KEY_FILE'),
    registryHostInCluster: need('SLIPWAY_REGISTRY_HOST_IN_CLUSTER'),
    cache: need('SLIPWAY_IMAGE_CACHE'),
  };
}
