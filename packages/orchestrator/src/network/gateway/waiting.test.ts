import { expect, it } from 'vitest';
import { parseTables } from './waiting.js';

const head = (name: string) => `# table: ${name}, type: string, size:20480, used:2`;

it('reads what waits and what has begun, by backend', () => {
  const text = [
    head('underway'),
    '0x55cb818e7978: key=shop_web_80 use=3 exp=299899 conn_cur=3',
    '0x55cb818e7a10: key=shop_api_80 use=1 exp=299899 conn_cur=1',
    '',
    head('answered'),
    '0x55cb818e7f48: key=shop_web_80 use=2 exp=298911 gpc0=5 conn_cur=2',
    '',
  ].join('\n');
  expect(parseTables(text)).toEqual([
    { backend: 'shop_web_80', waiting: 1, begun: 5 },
    { backend: 'shop_api_80', waiting: 1, begun: 0 },
  ]);
});

it.each(['', 'Unknown command.', head('underway')])('finds nothing in %j', (text) => {
  expect(parseTables(text)).toEqual([]);
});
