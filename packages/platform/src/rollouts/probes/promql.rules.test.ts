import { describe, expect, it } from 'vitest';
import { confineQuery, refuseQuery } from './promql.rules.js';

const names = { namespace: 'acme-shop', application: 'web', candidate: 'web-slot-b', stable: 'web-slot-a' };
const own = 'namespace="acme-shop",';

describe('a query of a tenant', () => {
  it.each([
    ['up', `up{${own}}`],
    ['{__name__=~".+"}', `{${own}__name__=~".+"}`],
    ['{"a metric", code="5.."}', `{${own}"a metric", code="5.."}`],
    ['a or b unless c{}', `a{${own}} or b{${own}} unless c{${own}}`],
    ['sum by (namespace) (rate(a{b!="c",}[5m])) / 2', `sum by (namespace) (rate(a{${own}b!="c",}[5m])) / 2`],
    ['max_over_time(rate(a[1m])[1h:10s])', `max_over_time(rate(a{${own}}[1m])[1h:10s])`],
    ['label_replace(a, "namespace", "other", "", "")', `label_replace(a{${own}}, "namespace", "other", "", "")`],
    ['absent(a) or absent_over_time(b[5m])', `absent(a{${own}}) or absent_over_time(b{${own}}[5m])`],
    ['a offset 5m + b @ end()', `a{${own}} offset 5m + b{${own}} @ end()`],
    ['a{namespace="$namespace"}', `a{${own}namespace="acme-shop"}`],
    [
      'a{service="$candidate"} / on() a{service=~"$stable|$application"}',
      `a{${own}service="web-slot-b"} / on() a{${own}service=~"web-slot-a|web"}`,
    ],
    ["a{b='it\\'s'}", `a{${own}b="it's"}`],
    ['a{b=`\\d"`}', `a{${own}b="\\\\d\\""}`],
    ['a{b="} or c{d="}', `a{${own}b="} or c{d="}`],
    ['vector(1)', 'vector(1)'],
    ['rate', `rate{${own}}`],
  ])('%s is asked of the environment alone', (text, query) => {
    expect(confineQuery(text, names)).toEqual({ query });
  });

  it.each([
    'up{namespace="other"}',
    'up{namespace=~"acme-shop|other"}',
    'up{namespace!="acme-shop"}',
    'up{namespace=~"$namespace|other"}',
    'up{"namespace"="other"}',
    'sum(a) or sum(b{namespace="other"})',
  ])('%s names another namespace', (text) => {
    expect(confineQuery(text, names)).toEqual({ refusal: expect.stringContaining('$namespace') });
  });

  it.each([
    ['', 'No PromQL, at character 1.'],
    ['sum(', 'No PromQL'],
    ['a b', 'No PromQL'],
    ['a{b="c}', 'A string'],
    ['a{b="\\x41"}', 'A string with an escape'],
    ['a # {', 'Comments'],
    ['info(a)', 'info()'],
    ['rate(a[1y])', 'a day at most'],
    ['max_over_time(a[1d:1ms])', 'a second at least'],
    ['rate(a[5])', 'a duration such as 5m'],
    ['$unknown', 'No PromQL'],
  ])('%s is refused', (text, reason) => expect(refuseQuery(text)).toContain(reason));
});
