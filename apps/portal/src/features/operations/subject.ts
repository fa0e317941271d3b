/** A subject, actor or resource as the API names it (a path, or an object with names), in a few words. */
export function toSubject(subject: unknown): string {
  if (typeof subject === 'string') return subject;
  if (typeof subject === 'number') return String(subject);
  if (subject === null || typeof subject !== 'object') return '';
  const fields = Object.entries(subject);
  const named = fields.find(([key]) => ['username', 'displayName', 'path', 'name'].includes(key))?.[1];
  if (typeof named === 'string') return named;
  return fields
    .flatMap(([, value]) => (typeof value === 'string' || typeof value === 'number' ? [String(value)] : []))
    .join(' / ');
}
