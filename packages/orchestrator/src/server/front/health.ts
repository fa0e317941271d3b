import type { ServerResponse } from 'node:http';

/** One thing that must be in order. `check` gives undefined when it is, else why not. */
export interface HealthCheck {
  name: string;
  check(): string | undefined;
  /** Not asked of `/livez`: a process must not be started anew because its database is away. */
  isForReadinessOnly?: boolean;
}

const roots = new Set(['healthz', 'livez', 'readyz']);

/**
 * Answers `/healthz`, `/livez` and `/readyz`, each check of them by its own path, with `verbose` and `exclude`. False when the
 * path is none of these.
 */
export function answerHealth(
  checks: readonly HealthCheck[],
  path: string,
  query: URLSearchParams,
  response: ServerResponse,
): boolean {
  const [root = '', only, ...rest] = path.slice(1).replace(/\/$/, '').split('/');
  if (!roots.has(root) || rest.length > 0) return false;
  const asked = checks.filter((each) => root === 'readyz' || !each.isForReadinessOnly);
  const text = (code: number, body: string) => {
    response.writeHead(code, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
    return true;
  };
  if (only !== undefined) {
    const found = asked.find((each) => each.name === only);
    if (!found) return text(404, '404 page not found\n');
    const trouble = found.check();
    return trouble === undefined ? text(200, 'ok') : text(500, `internal server error: ${trouble}\n`);
  }
  const excluded = new Set(query.getAll('exclude'));
  let isWell = true;
  let lines = '';
  for (const each of asked) {
    const trouble = excluded.has(each.name) ? undefined : each.check();
    if (excluded.has(each.name)) lines += `[+]${each.name} excluded: ok\n`;
    else if (trouble === undefined) lines += `[+]${each.name} ok\n`;
    else {
      isWell = false;
      lines += `[-]${each.name} failed: ${trouble}\n`;
    }
    excluded.delete(each.name);
  }
  if (excluded.size > 0)
    lines += `warn: some health checks cannot be excluded: no matches for ${[...excluded].map((each) => JSON.stringify(each)).join(',')}\n`;
  if (!isWell) return text(500, `${lines}${root} check failed\n`);
  return text(200, query.has('verbose') ? `${lines}${root} check passed\n` : 'ok');
}
