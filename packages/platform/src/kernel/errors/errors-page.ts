import { listErrors } from './errors.js';

/** docs/errors.md: every code that the imported features define. */
export function renderErrorsPage(): string {
  const entries = [...listErrors()].map(
    ([code, { status, title, remedy }]) => `## ${code}\n\n**${status}** · ${title}\n\n${remedy}\n`,
  );
  const intro = [
    '# Errors',
    '',
    'Every error of the API is an RFC 9457 problem (`application/problem+json`) with one of these codes. A code never changes its',
    'meaning. This page is generated from the catalogue.',
    '',
  ];
  return [...intro, ...entries].join('\n');
}
