import { expect, it } from 'vitest';
import { concernsEnvironment } from './promotions.rules.js';

it.each([
  ['image', true],
  ['processes.web.port', true],
  ['config.production.version', true],
  ['config.staging.version', false],
  ['routes.staging', false],
  ['scaling', true],
])('%s matters in production: %s', (path, expected) => {
  expect(concernsEnvironment(path, 'production')).toBe(expected);
});
