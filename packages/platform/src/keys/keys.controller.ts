import { Controller } from '@nestjs/common';
import { From, Param, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { encryptionKeysAnswer, rotationAnswer } from './keys.dto.js';
import { KeysService } from './keys.service.js';

const tag = 'security';
const permission = 'keys:rotate';
const location = (answer: Record<string, unknown>) => `/api/v1/operations/${answer['operation']}`;

@Controller()
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Route({
    method: 'GET',
    path: '/encryption-keys',
    permission,
    tag,
    summary: 'List the master keys that secrets are sealed with, and how many secrets need each',
    answer: encryptionKeysAnswer,
  })
  list() {
    return this.keys.list();
  }

  @Route({
    method: 'POST',
    path: '/encryption-keys/rotate',
    permission,
    tag,
    summary: 'Make a new primary key and rewrap all secrets under it',
    answer: rotationAnswer,
    status: 202,
    location,
    errors: ['encryption-keys-read-only'],
  })
  rotate(@From() caller: Caller) {
    return this.keys.rotate(caller);
  }

  @Route({
    method: 'POST',
    path: '/encryption-keys/rewrap',
    permission,
    tag,
    summary: 'Rewrap the secrets that are not under the primary key',
    answer: rotationAnswer,
    status: 202,
    location,
  })
  rewrap(@From() caller: Caller) {
    return this.keys.rewrap(caller);
  }

  @Route({
    method: 'DELETE',
    path: '/encryption-keys/:key',
    permission,
    tag,
    summary: 'Retire a key that no secret needs any more',
    errors: ['encryption-key-not-found', 'encryption-key-in-use'],
  })
  retire(@From() caller: Caller, @Param('key') key: string) {
    return this.keys.retire(caller, key);
  }
}
