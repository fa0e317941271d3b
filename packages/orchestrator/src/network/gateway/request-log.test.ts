import { expect, it } from 'vitest';
import { parseRequest } from './request-log.js';

it.each([
  ['shop_web_80 200 0 1 12 13 10.0.0.1:80 --', { server: '10.0.0.1:80', code: 200, seconds: 0.013 }],
  ['shop_web_80 504 0 1 -1 60001 10.0.0.1:80 sH', { server: '10.0.0.1:80', code: 504, seconds: 60.001 }],
  ['shop_web_80 -1 0 1 -1 40 10.0.0.1:80 CH', { server: '10.0.0.1:80', code: 499, seconds: 0.04 }],
  ['shop_web_80 400 0 1 -1 3988 10.0.0.1:80 CH', { server: '10.0.0.1:80', code: 499, seconds: 3.988 }],
  ['shop_web_80 400 0 1 2 3988 10.0.0.1:80 CD', { server: '10.0.0.1:80', code: 400, seconds: 0.003 }],
  ['shop_web_80 503 -1 -1 -1 0 <NOSRV> SC', { server: '<NOSRV>', code: 503, seconds: 0 }],
])('reads %s', (line, request) => {
  expect(parseRequest(line)).toEqual({ backend: 'shop_web_80', ...request });
});

it.each(['', 'http 404 -1 -1 -1 0', 'shop_web_80 200 0 1', 'shop_web_80 200 0 x 1 1', '<NOSRV> 302 -1 -1 -1 0'])(
  'passes over %s',
  (line) => {
    expect(parseRequest(line)).toBeUndefined();
  },
);
