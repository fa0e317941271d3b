import { parse, YAMLParseError } from 'yaml';
import { fail } from './rollouts.errors.js';
import type { ConvertedStrategy, ConvertStrategy } from './strategies.dto.js';
import { strategySchema } from './strategy.dto.js';
import { convertManifest, type Finding } from './strategy-conversion.rules.js';

/** Throws 422 `strategy-not-convertible` with the path in the manifest. */
export function convertStrategy({ manifest }: ConvertStrategy): ConvertedStrategy {
  const converted = convertManifest(typeof manifest === 'string' ? parseYaml(manifest) : manifest);
  if ('refusals' in converted) throw refuse(converted.refusals);
  const { strategy, warnings } = converted;
  const checked = strategySchema.safeParse(strategy);
  if (checked.success) return { strategy: checked.data, warnings: [...warnings] };
  // What is within Argo's bounds may be out of ours: it is named by its place in what would have become of it.
  throw refuse(
    checked.error.issues.map(({ path, message }) => ({ path: ['strategy', ...path].map(String).join('.'), message })),
  );
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 20 });
  } catch (error) {
    const message = error instanceof YAMLParseError ? error.message : 'This is no YAML of one document.';
    throw refuse([{ path: '', message }]);
  }
}

function refuse(findings: readonly Finding[]) {
  const errors = findings.slice(0, 20).map(({ path, message }) => {
    return { path: ['body.manifest', path].filter(Boolean).join('.'), code: 'invalid', message };
  });
  return fail('strategy-not-convertible', { detail: findings[0]?.message, errors });
}
