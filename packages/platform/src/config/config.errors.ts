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
    remedy:
      'Keep what an application gets of all scopes under 512 KiB and 500 names; put larger content into the image or a volume.',
  },
  'config-import-empty': {
    status: 422,
    title: 'The text sets no name.',
    remedy: 'Send the lines of a .env file, each like NAME=value.',
  },
  'config-version-not-found': {
    status: 404,
    title: 'The config has no version of this number.',
    remedy: 'List its versions and name one of them.',
  },
});
