import * as z from 'zod/mini';
import type { Source } from '../../lib/contract';
import { nameSchema } from '../../lib/names';
import type { NewApplication } from './queries';

export const sourceTypes = ['archive', 'git', 'image', 'push'] as const;
export type SourceType = (typeof sourceTypes)[number];

/** What the form holds: text, as it is typed. `archive` is the chosen archive's name. */
export const newApplicationSchema = z
  .object({
    source: z.enum(sourceTypes),
    name: nameSchema,
    url: z.string(),
    ref: z.string(),
    image: z.string(),
    port: z.string(),
    dockerfile: z.string(),
    archive: z.string(),
  })
  .check((context) => {
    const form = context.value;
    const refuse = (path: string, message: string) =>
      context.issues.push({ code: 'custom', path: [path], message, input: form });
    if (form.source === 'archive' && form.archive === '') refuse('archive', 'archive');
    if (form.source === 'git' && !/^https?:\/\/[^\s@]+\/\S+$/.test(form.url)) refuse('url', 'gitUrl');
    if (form.source === 'image' && !/^[a-z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?$/i.test(form.image))
      refuse('image', 'image');
    const port = Number(form.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse('port', 'port');
    if (form.source !== 'image' && form.dockerfile === '') refuse('dockerfile', 'required');
  });

type FormValues = z.input<typeof newApplicationSchema>;

export function toNewApplication(form: FormValues): NewApplication {
  return {
    name: form.name,
    source: toSource(form),
    ...(form.source === 'image' ? {} : { build: { dockerfile: form.dockerfile || 'Dockerfile', context: '.' } }),
    processes: { web: { port: Number(form.port) || 8080 } },
  };
}

function toSource(form: FormValues): Source {
  switch (form.source) {
    case 'git':
      return { type: 'git', url: form.url, ...(form.ref ? { ref: form.ref } : {}) };
    case 'image':
      return { type: 'image', image: form.image };
    case 'push':
      return { type: 'push' };
    case 'archive':
      return { type: 'archive' };
  }
}
