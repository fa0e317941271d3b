import * as z from 'zod/mini';
import type { ReleaseHooks } from '../../lib/contract';
import { toText } from '../../lib/typed';

/** As they are typed. A command is a line for the shell, or a list as JSON. */
export const hooksSchema = z
  .object({
    before: z.enum(['none', 'command']),
    beforeCommand: z.string(),
    beforeProcess: z.string(),
    beforeTimeout: z.string().check(z.regex(/^\d{0,4}$/, 'number')),
    after: z.enum(['none', 'command', 'probe']),
    afterCommand: z.string(),
    afterProcess: z.string(),
    afterPath: z.string(),
    afterStatus: z.string().check(z.regex(/^(\d{3})?$/, 'number')),
    afterTimeout: z.string().check(z.regex(/^\d{0,4}$/, 'number')),
  })
  .check((context) => {
    const { before, after, ...texts } = context.value;
    const needed = [
      ...(before === 'command' ? (['beforeCommand'] as const) : []),
      ...(after === 'command' ? (['afterCommand'] as const) : []),
      ...(after === 'probe' ? (['afterPath'] as const) : []),
    ];
    for (const path of needed)
      if (texts[path].trim() === '')
        context.issues.push({ code: 'custom', input: context.value, path: [path], message: 'required' });
  });
export type HooksForm = z.infer<typeof hooksSchema>;
type TextKey = Exclude<keyof HooksForm, 'before' | 'after'>;

/** Where the API's message about a field is. */
export const pathsOf: Readonly<Record<TextKey, string>> = {
  beforeCommand: 'hooks.before.command',
  beforeProcess: 'hooks.before.process',
  beforeTimeout: 'hooks.before.timeoutSeconds',
  afterCommand: 'hooks.after.command',
  afterProcess: 'hooks.after.process',
  afterPath: 'hooks.after.probe.path',
  afterStatus: 'hooks.after.probe.expectedStatus',
  afterTimeout: 'hooks.after.timeoutSeconds',
};

const writeCommand = (command: string | readonly string[] | undefined): string =>
  typeof command === 'string' ? command : command === undefined ? '' : JSON.stringify(command);

export function toHooksForm({ before, after }: ReleaseHooks): HooksForm {
  const command = after && 'command' in after ? after : undefined;
  const probe = after && 'probe' in after ? after.probe : undefined;
  return {
    before: before ? 'command' : 'none',
    beforeCommand: writeCommand(before?.command),
    beforeProcess: before?.process ?? '',
    beforeTimeout: toText(before?.timeoutSeconds),
    after: probe ? 'probe' : command ? 'command' : 'none',
    afterCommand: writeCommand(command?.command),
    afterProcess: command?.process ?? '',
    afterPath: probe?.path ?? '',
    afterStatus: toText(probe?.expectedStatus),
    afterTimeout: toText(after?.timeoutSeconds),
  };
}

function readCommand(typed: string): string | string[] {
  try {
    const read: unknown = JSON.parse(typed);
    return Array.isArray(read) && read.every((word) => typeof word === 'string') ? read : typed.trim();
  } catch {
    return typed.trim();
  }
}

const isTyped = (value: string): boolean => value.trim() !== '';

/** Null takes a hook away. */
export function toHooks(form: HooksForm): ReleaseHooks {
  const timeout = (typed: string) => (isTyped(typed) ? { timeoutSeconds: Number(typed) } : {});
  const command = (typed: string, process: string) => ({
    command: readCommand(typed),
    ...(isTyped(process) ? { process: process.trim() } : {}),
  });
  const probe = {
    path: form.afterPath.trim(),
    ...(isTyped(form.afterStatus) ? { expectedStatus: Number(form.afterStatus) } : {}),
  };
  return {
    before:
      form.before === 'none'
        ? null
        : { ...command(form.beforeCommand, form.beforeProcess), ...timeout(form.beforeTimeout) },
    after:
      form.after === 'none'
        ? null
        : form.after === 'probe'
          ? { probe, ...timeout(form.afterTimeout) }
          : { ...command(form.afterCommand, form.afterProcess), ...timeout(form.afterTimeout) },
  };
}
