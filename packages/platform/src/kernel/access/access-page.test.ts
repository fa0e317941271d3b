import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderAccessPage } from './access-page.js';

it('docs/access.md says what the tables say', () => {
  const page = readFileSync(new URL('../../../../../docs/access.md', import.meta.url), 'utf8');
  expect(page, 'Renew it: npx tsc -b apps/api && node apps/api/dist/openapi.js --write').toBe(renderAccessPage());
});
