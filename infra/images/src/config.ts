/** What the images' command reads from its environment; each throws with the name of the variable that is missing. */
export interface ImagesConfig {
  readonly registryUrl: string;
  readonly registryKeyFile: string;
  readonly registryHostInCluster: string;
  readonly cache: string;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): ImagesConfig {
  const need = (name: string) => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
  };
  return {
    get registryUrl() {
      return need('SLIPWAY_REGISTRY_URL');
    },
    get registryKeyFile() {
      return need('SLIPWAY_REGISTRY_TOKEN_KEY_FILE');
    },
    get registryHostInCluster() {
      return need('SLIPWAY_REGISTRY_HOST_IN_CLUSTER');
    },
    get cache() {
      return need('SLIPWAY_IMAGE_CACHE');
    },
  };
}
