import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'encryption-key-not-found': {
    status: 404,
    title: 'There is no such encryption key.',
    remedy: 'List the encryption keys to see their ids.',
  },
  'encryption-key-in-use': {
    status: 409,
    title: 'The encryption key is in use.',
    remedy: 'Rotate, wait for the operation that rewraps the secrets to succeed, then retire the old key.',
  },
  'encryption-keys-read-only': {
    status: 409,
    title: 'The platform cannot make an encryption key here.',
    remedy:
      'Set SLIPWAY_MASTER_KEY_DIR to a folder that the API can write and the worker can read, or put the key there yourself.',
  },
});
