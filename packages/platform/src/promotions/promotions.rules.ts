const byEnvironment = ['config', 'routes', 'scaling'];

/** Whether a difference of two releases (`config.staging.version`) matters in an environment. */
export function concernsEnvironment(path: string, environment: string): boolean {
  const [part = '', name] = path.split('.');
  return !byEnvironment.includes(part) || name === undefined || name === environment;
}
