import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'secret-not-found': {
    status: 404,
    title: 'There is no such secret.',
    remedy: 'Read the config to see the names of its secrets.',
  },
  'secret-not-revealable': {
    status: 403,
    title: 'The secret is write-only: nobody can read it again.',
    remedy: 'Set it anew, with `revealable: true` if it must be readable.',
  },
  'config-name-twice': {
    status: 422,
    title: 'A name is either a variable or a secret.',
    remedy: 'Remove it from the one (set it to null) before, or while, you set it in the other.',
  },
  'config-too-large': {
    status: 422,
    title: 'The config is too large.',
    remedy: 'Keep it under 512 KiB and 500 names; put larger content into the image or a volume.',
  },
});
