import type { Request } from './route.js';

/** The route's pattern, for a label of few values: never the path itself. */
export function findRequestRoute(request: Request): string {
  const route: unknown = request.route;
  const path: unknown = typeof route === 'object' && route !== null ? Reflect.get(route, 'path') : undefined;
  if (typeof path === 'string') return path;
  return request.baseUrl || 'none';
}
