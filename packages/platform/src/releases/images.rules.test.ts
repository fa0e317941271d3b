import { expect, it } from 'vitest';
import { mayRunImage } from './images.rules.js';

const own = { registryHost: '127.0.0.1:7601', repository: 'acme/shop/hello' };

it.each([
  ['127.0.0.1:7601/acme/shop/hello:1', true],
  [`127.0.0.1:7601/acme/shop/hello@sha256:${'a'.repeat(64)}`, true],
  ['127.0.0.1:7601/library/redis:7', true],
  ['127.0.0.1:7601/acme/shop/other:1', false],
  ['127.0.0.1:7601/evil/shop/hello', false],
  ['127.0.0.1:7601/acme/shop/hello/x', false],
  ['docker.io/library/nginx:1', true],
  ['nginx', true],
])('%s: %s', (image, may) => expect(mayRunImage(image, own)).toBe(may));
